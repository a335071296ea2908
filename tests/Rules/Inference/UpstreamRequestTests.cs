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
    public void WhatSpeaksToAGateway_IsNotSent(string field) =>
        Assert.Contains(field, UpstreamRequests.For(Deployments.Of("d"), "m", GatewayCatalog.Empty, new InferenceRequest { Model = "m", User = "u", Body = default, Created = 0, Stream = false }, "r").StripFields);
}
