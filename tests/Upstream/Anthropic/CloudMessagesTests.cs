using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Anthropic;

namespace OrleansLlm.Upstream.Anthropic;

/// <summary>Claude at a cloud: the same request, but for where the model, the version and the flags stand.</summary>
public sealed class CloudMessagesTests
{
    [Fact]
    public void TheModelIsLeftToTheAddress_AndTheVersionIsSaid()
    {
        var sent = Translate(new CloudMessages("vertex-2023-10-16"));

        Assert.Equal("vertex-2023-10-16", sent.GetProperty("anthropic_version").GetString());
        Assert.True(sent.GetProperty("stream").GetBoolean());
        Assert.False(sent.TryGetProperty("model", out _));
        Assert.False(sent.TryGetProperty("anthropic_beta", out _));
    }

    [Fact]
    public void WhatHasNoHeader_IsSaidInTheBody()
    {
        var sent = Translate(new CloudMessages("cloud-1") { StreamsByAddress = true, Betas = ["a-1", "b-2"] });

        Assert.Equal("""["a-1","b-2"]""", sent.GetProperty("anthropic_beta").GetRawText());
        Assert.False(sent.TryGetProperty("stream", out _));
    }

    private static JsonElement Translate(CloudMessages cloud) => JsonDocument.Parse(OpenAiToAnthropic.Translate(
        new UpstreamRequest
        {
            Provider = "anthropic", Model = "claude-sonnet-4-5", PublicModel = "public", CompletionId = "c", Created = 1,
            Body = Encoding.UTF8.GetBytes("""{"messages":[{"role":"user","content":"x"}]}"""),
        },
        new UpstreamReport(), cloud)).RootElement;
}
