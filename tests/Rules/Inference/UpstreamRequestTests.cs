using OrleansLlm.Catalog;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
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

    private static IReadOnlyCollection<string> Stripped() =>
        [.. UpstreamRequests.For(Deployments.Of("d"), "m", GatewayCatalog.Empty, new InferenceRequest { Model = "m", User = "u", Body = default, Created = 0, Stream = false }, "r").StripFields];
}
