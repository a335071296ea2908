using OrleansLlm.Catalog;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
using OrleansLlm.Providers;
using OrleansLlm.Tests.Rules.Catalog;

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

    private static IReadOnlyCollection<string> Stripped() => [.. Of(Deployments.Of("d")).StripFields];

    private static UpstreamRequest Of(Deployment deployment) =>
        UpstreamRequests.For(deployment, "m", GatewayCatalog.Empty, new InferenceRequest { Model = "m", User = "u", Body = default, Created = 0, Stream = false }, "r");
}
