using OrleansLlm.Catalog;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
using OrleansLlm.Providers;
using OrleansLlm.Tests.Rules.Catalog;
using FailureKind = OrleansLlm.Providers.FailureKind;

namespace OrleansLlm.Tests.Rules.Inference;

public class UpstreamRequestTests
{
    /// <summary>A client's key for another service must not go to whoever happens to serve it.</summary>
    [Theory]
    [InlineData("api_key")]
    [InlineData("api_base")]
    [InlineData("extra_headers")]
    [InlineData("user_config")]
    [InlineData("litellm_metadata")]
    [InlineData("tags")]
    [InlineData("guardrails")]
    [InlineData("fallbacks")]
    [InlineData("azure_ad_token")]
    [InlineData("aws_secret_access_key")]
    [InlineData("vertex_credentials")]
    [InlineData("mock_testing_fallbacks")]
    [InlineData("model_info")]
    [InlineData("organization")]
    public void WhatSpeaksToAGateway_IsNotSent(string field) => Assert.Contains(field, Stripped());

    [Theory]
    [InlineData("metadata")]
    [InlineData("user")]
    [InlineData("seed")]
    [InlineData("store")]
    [InlineData("service_tier")]
    [InlineData("session_id")]
    public void WhatSomeServiceKnows_IsSent(string field) => Assert.DoesNotContain(field, Stripped());

    /// <summary>Of a deployment with a name of its own it is what decides which parameters it takes.</summary>
    [Fact]
    public void WhatADeploymentReallyIs_IsToldToItsDialect() => Assert.Equal("azure/o3", Of(Deployments.Of("d") with { BaseModel = "azure/o3" }).BaseModel);

    /// <summary>LiteLLM's timeout is that for which nothing comes: a stream that talks is not cut, a whole answer is.</summary>
    [Theory]
    [InlineData(false, null, null, null, 300, 120, 6000)]
    [InlineData(true, null, null, null, 300, 120, 6000)]
    [InlineData(false, 60.0, null, null, 300, 120, 60)]
    [InlineData(true, 60.0, null, null, 60, 60, 6000)]
    [InlineData(true, 600.0, null, null, 300, 120, 6000)]
    [InlineData(true, 9000.0, null, null, 300, 120, 9000)]
    [InlineData(true, 60.0, 90.0, null, 90, 60, 6000)]
    [InlineData(true, 60.0, null, 20.0, 20, 20, 6000)]
    [InlineData(false, 60.0, 90.0, 20.0, 300, 120, 20)]
    public void ATimeout_IsOfEachWaitOfAStream(bool stream, double? total, double? firstOfStream, double? own, double first, double between, double all)
    {
        var deployment = Deployments.Of("d") with { Timeouts = new TimeoutOptions { Total = Time(total), FirstTokenOfStream = Time(firstOfStream) } };
        var timeouts = Of(deployment, Asked(stream) with { Timeout = Time(own) }).Timeouts;
        Assert.Equal((first, between, all), (timeouts.FirstToken.TotalSeconds, timeouts.BetweenTokens.TotalSeconds, timeouts.Total.TotalSeconds));
    }

    [Theory]
    [InlineData(FailureKind.TotalTimeout, false, 5.0, null, true)]
    [InlineData(FailureKind.TotalTimeout, false, null, null, false)]
    [InlineData(FailureKind.TotalTimeout, false, 60.0, null, false)]
    [InlineData(FailureKind.FirstTokenTimeout, true, 5.0, null, true)]
    [InlineData(FailureKind.FirstTokenTimeout, true, null, 5.0, true)]
    [InlineData(FailureKind.FirstTokenTimeout, true, null, 400.0, false)]
    [InlineData(FailureKind.StallTimeout, true, 5.0, null, true)]
    [InlineData(FailureKind.ConnectionLost, true, 5.0, 5.0, false)]
    [InlineData(FailureKind.ConnectTimeout, true, 0.001, null, true)]
    [InlineData(FailureKind.ConnectTimeout, false, 0.001, null, true)]
    [InlineData(FailureKind.ConnectTimeout, true, 60.0, null, false)]
    public void ALimitThatIsTheRequestsOwn_IsTold(FailureKind limit, bool stream, double? total, double? firstOfStream, bool isOwn) => Assert.Equal(
        isOwn,
        UpstreamRequests.IsOwnLimit(
            limit, Deployments.Of("d") with { Timeouts = new TimeoutOptions { Total = TimeSpan.FromSeconds(30) } }, GatewayCatalog.Empty,
            Asked(stream) with { Timeout = Time(total), FirstTokenTimeout = Time(firstOfStream) }));

    /// <summary>One that hangs would be asked for ever where all clients are impatient.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(449, true)]
    [InlineData(450, false)]
    public void ALongSilence_IsAFailure_WhoeverLosesPatience(double silence, bool isImpatience) => Assert.Equal(
        isImpatience,
        UpstreamRequests.IsImpatience(
            FailureKind.FirstTokenTimeout, TimeSpan.FromSeconds(silence), Deployments.Of("d") with { Timeouts = new TimeoutOptions { FirstToken = TimeSpan.FromSeconds(900) } },
            GatewayCatalog.Empty, Asked(stream: true) with { Timeout = TimeSpan.FromSeconds(500) }));

    private static TimeSpan? Time(double? seconds) => seconds is { } some ? TimeSpan.FromSeconds(some) : null;

    private static InferenceRequest Asked(bool stream) => new() { Model = "m", User = "u", Body = default, Created = 0, Stream = stream };

    private static IReadOnlyCollection<string> Stripped() => [.. Of(Deployments.Of("d")).StripFields];

    private static UpstreamRequest Of(Deployment deployment) => Of(deployment, Asked(stream: false));

    private static UpstreamRequest Of(Deployment deployment, InferenceRequest request) => UpstreamRequests.For(deployment, "m", GatewayCatalog.Empty, request, "r");
}
