using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Anthropic;

namespace OrleansLlm.Tests.Rules.Doors;

/// <summary>What only the two of them understand, between a client of Anthropic's and its own models.</summary>
public class OwnWordsTests
{
    private const string Start = "\"anthropic_start\":{\"container\":null,\"context_management\":{\"applied_edits\":[]},\"usage\":{\"service_tier\":\"standard\",\"cache_creation\":{\"ephemeral_5m_input_tokens\":1}}}";
    private const string End = "\"anthropic_end\":{\"delta\":{\"container\":{\"id\":\"c\"},\"stop_details\":{\"type\":\"refusal\"}},\"context_management\":{\"applied_edits\":[{\"type\":\"e\"}]},\"usage\":{\"iterations\":[1],\"service_tier\":\"batch\"}}";

    [Fact]
    public async Task WhatClaudeTellsOfAMessageBesides_IsTold_InItsPlaces()
    {
        var context = DoorUnderTest.Context();
        var stream = await DoorUnderTest.StreamAsync(context, DoorUnderTest.Anthropic(context),
        [
            "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}," + Start + "}]}",
            """{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"},"anthropic_call":{"caller":{"type":"direct"}}}]}}]}""",
            "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"," + End + "}]}",
        ]);

        Assert.Contains("\"stop_sequence\":null,\"container\":null,\"context_management\":{\"applied_edits\":[]},\"usage\":{", stream, StringComparison.Ordinal);
        Assert.Contains(""","output_tokens":0,"service_tier":"standard","cache_creation":{"ephemeral_5m_input_tokens":1}}}}""", stream, StringComparison.Ordinal);
        Assert.Contains("""{"type":"tool_use","id":"a","name":"f","input":{},"caller":{"type":"direct"}}""", stream, StringComparison.Ordinal);
        Assert.Contains("\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null,\"container\":{\"id\":\"c\"},\"stop_details\":{\"type\":\"refusal\"}},\"usage\":{", stream, StringComparison.Ordinal);
        Assert.Contains(""","iterations":[1],"service_tier":"batch"},"context_management":{"applied_edits":[{"type":"e"}]}}""", stream, StringComparison.Ordinal);

        var whole = JsonElement.Parse((await DoorUnderTest.WholeAsync(
            DoorUnderTest.Anthropic(context), Encoding.UTF8.GetBytes("{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"," + Start + "," + End + "}]}"))).Span);
        Assert.Equal(
            ("""{"id":"c"}""", """{"type":"refusal"}""", """{"applied_edits":[{"type":"e"}]}"""),
            (whole.GetProperty("container").GetRawText(), whole.GetProperty("stop_details").GetRawText(), whole.GetProperty("context_management").GetRawText()));
        Assert.Equal(("batch", "[1]"), (whole.GetProperty("usage").GetProperty("service_tier").GetString(), whole.GetProperty("usage").GetProperty("iterations").GetRawText()));
        Assert.True(whole.GetProperty("usage").TryGetProperty("cache_creation", out _));
    }

    /// <summary>A client takes from the delta what the conversation was summed up to.</summary>
    [Fact]
    public async Task WhatAConversationWasSummedUpTo_IsToldInADelta()
    {
        var context = DoorUnderTest.Context();
        var stream = await DoorUnderTest.StreamAsync(context, DoorUnderTest.Anthropic(context),
        [
            """{"choices":[{"index":0,"delta":{"anthropic_block":{"type":"compaction","content":"s","signature":"S","encrypted_content":null}}}]}""",
            """{"choices":[{"index":0,"delta":{},"finish_reason":"stop","native_finish_reason":"compaction"}]}""",
        ]);

        Assert.Contains("\"content_block\":{\"type\":\"compaction\",\"content\":null,\"signature\":\"S\",\"encrypted_content\":null}}", stream, StringComparison.Ordinal);
        Assert.Contains("\"delta\":{\"type\":\"compaction_delta\",\"content\":\"s\",\"encrypted_content\":null}}", stream, StringComparison.Ordinal);
        Assert.Contains("\"stop_reason\":\"compaction", stream, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("anthropic", """ "default" """, null, """ "default" """, null, "")]
    [InlineData("anthropic", """[{"model":"claude-opus-4-8"}]""", "a,server-side-fallback-2026-07-01", """[{"model":"claude-opus-4-8"}]""", null, "")]
    [InlineData("anthropic", """["other"]""", "a-1", null, """["other"]""", "")]
    [InlineData("openai", """ "default" """, null, null, null, "fallbacks")]
    [InlineData("openai", """[{"model":"claude-opus-4-8"}]""", "server-side-fallback-2026-07-01", null, null, "fallbacks")]
    [InlineData("openai", """["other"]""", null, null, """["other"]""", "")]
    public void FallbacksOfAnthropics_AreNoneOfTheGateways(string provider, string fallbacks, string? betas, string? claudes, string? own, string left)
    {
        var dropped = new List<string>();
        using var body = JsonDocument.Parse($$"""{"model":"m","messages":[{"role":"user","content":"x"}],"fallbacks":{{fallbacks}}}""");

        var said = JsonElement.Parse(AnthropicToOpenAi.Translate(body.RootElement, DoorUnderTest.Facts(provider), dropped, betas).Span);

        var forClaude = provider == "anthropic" ? System.Text.Encoding.UTF8.GetString(AnthropicFallbacks.Of(body.RootElement, betas).Span) : "";
        Assert.Equal(claudes?.Trim() ?? "", forClaude);
        Assert.Equal(own, said.TryGetProperty("fallbacks", out var forUs) ? forUs.GetRawText() : null);
        Assert.Equal(left, string.Join(", ", dropped));
    }
}
