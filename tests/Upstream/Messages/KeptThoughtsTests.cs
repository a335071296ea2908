using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Anthropic;
using OrleansLlm.Providers.Gemini;
using OrleansLlm.Support;

namespace OrleansLlm.Upstream.Messages;

/// <summary>Clients that call tools, and do not send back what the model has said of its thoughts.</summary>
public sealed class KeptThoughtsTests
{
    private const string Thought = """{"type":"thinking","thinking":"hm \"é\"","signature":"S1"}""";

    private static readonly string[] ThinksAndCalls =
    [
        """{"type":"message_start","message":{"usage":{"input_tokens":10}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm \"é\""}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"S1"}}""",
        """{"type":"content_block_stop","index":0}""",
        """{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"Emw="}}""",
        """{"type":"content_block_stop","index":1}""",
        """{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}""",
        """{"type":"content_block_stop","index":2}""",
        """{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_2","name":"f","input":{}}}""",
        """{"type":"content_block_stop","index":3}""",
        """{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":3}}""",
    ];

    private readonly ManualTime _clock = new();

    [Theory]
    [InlineData("mine", "claude-sonnet-4-5", true)]
    [InlineData("another's", "claude-sonnet-4-5", false)]
    [InlineData(null, "claude-sonnet-4-5", false)]
    [InlineData("mine", "claude-opus-4-1", false)]
    public void Claude_HearsItsThoughtsAgain_OfThisCallerAndModel(string? caller, string model, bool expected)
    {
        var kept = new KeptThoughts(_clock);
        Answer(new AnthropicDialect(kept), Request("claude-sonnet-4-5", "mine"), ThinksAndCalls);

        var sent = Say(new AnthropicDialect(kept), Request(model, caller, Called("toolu_1", "toolu_2")));

        Assert.Equal(expected, sent.TryGetProperty("thinking", out _));
        var blocks = sent.GetProperty("messages")[1].GetProperty("content");
        Assert.Equal(expected ? ["thinking", "redacted_thinking", "tool_use", "tool_use"] : ["tool_use", "tool_use"], blocks.EnumerateArray().Select(b => b.GetProperty("type").GetString()));
        if (expected) Assert.Equal(Thought, blocks[0].GetRawText());
    }

    [Theory]
    [InlineData(""","thinking_blocks":[]""")]
    [InlineData(""","anthropic_content":[{"type":"tool_use","id":"toolu_1","name":"f","input":{}}]""")]
    public void WhatTheClientSays_CountsAlone(string more)
    {
        var kept = new KeptThoughts(_clock);
        Answer(new AnthropicDialect(kept), Request("claude-sonnet-4-5", "mine"), ThinksAndCalls);

        var sent = Say(new AnthropicDialect(kept), Request("claude-sonnet-4-5", "mine", Called("toolu_1").Replace("\"tool_calls\"", more[1..] + ",\"tool_calls\"", StringComparison.Ordinal)));

        Assert.DoesNotContain("S1", sent.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mine", "G1")]
    [InlineData("another's", "skip_thought_signature_validator")]
    public void Gemini_HearsItsSignatureAgain(string caller, string expected)
    {
        var kept = new KeptThoughts(_clock);
        var request = Request("gemini-3-pro", "mine");
        Answer(new GeminiDialect(kept), request, """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"G1"},{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}]}""");

        var parts = Say(new GeminiDialect(kept), Request("gemini-3-pro", caller, Called(CallIds.Of(request, 0), CallIds.Of(request, 1)))).GetProperty("contents")[1].GetProperty("parts");

        Assert.Equal(expected, parts[0].GetProperty("thoughtSignature").GetString());
        Assert.False(parts[1].TryGetProperty("thoughtSignature", out _));
    }

    [Fact]
    public void ASignatureThatTheClientHasKept_IsItsOwn()
    {
        var kept = new KeptThoughts(_clock);
        var request = Request("gemini-3-pro", "mine", Called("a").Replace("{\"type\":\"function\"", """{"extra_content":{"google":{"thought_signature":"own"}},"type":"function" """, StringComparison.Ordinal));
        kept.Keep(request, "a", "kept"u8.ToArray());

        Assert.Equal("own", Say(new GeminiDialect(kept), request).GetProperty("contents")[1].GetProperty("parts")[0].GetProperty("thoughtSignature").GetString());
    }

    [Fact]
    public void WhatIsUsed_IsKept_AndTheRestIsForgottenAfterAnHourOrTwo()
    {
        var kept = new KeptThoughts(_clock);
        var request = Request("gemini-3-pro", "mine", Called("a"));
        kept.Keep(request, "a", "A"u8.ToArray());
        kept.Keep(request, "b", "B"u8.ToArray());
        foreach (var hour in Enumerable.Range(1, 3))
        {
            _clock.Advance(TimeSpan.FromMinutes(61));
            kept.Keep(request, "other " + hour, "C"u8.ToArray());
            Assert.NotSame(request, kept.WithSignatures(request));
        }

        Assert.Same(request, Same(kept, request, "b"));
        _clock.Advance(TimeSpan.FromHours(3));
        kept.Keep(request, "other", "C"u8.ToArray());
        Assert.Same(request, kept.WithSignatures(request));
    }

    [Fact]
    public void HoweverMuchIsThought_LittleIsKept()
    {
        var kept = new KeptThoughts(_clock);
        var request = Request("gemini-3-pro", "mine", Called("a"));
        kept.Keep(request, "a", new byte[KeptThoughts.LongestBytes + 1]);
        kept.Keep(request, "b", "B"u8.ToArray());
        Assert.Same(request, kept.WithSignatures(request));

        kept.Keep(request, "a", "A"u8.ToArray());
        foreach (var at in Enumerable.Range(0, 2 * KeptThoughts.MostBytes / KeptThoughts.LongestBytes)) kept.Keep(request, "much " + at, new byte[KeptThoughts.LongestBytes]);
        Assert.Same(request, kept.WithSignatures(request));
    }

    [Theory]
    [InlineData("""{"messages":[{"tool_calls":[{"id":"a"}]},{"tool_calls":null},7],"messages":[[{"tool_calls":[{"id":"c"}]}],{"tool_calls":[7,{"id":1},{"id":"b","x":[{"id":"d"}]}]}]}""", "b")]
    [InlineData("""{"messages":[{"tool_calls":[{"id":"a"}]},{"tool_calls":[""", "")]
    [InlineData("""{"messages":{"tool_calls":[{"id":"a"}]}}""", "")]
    [InlineData("""[{"tool_calls":[{"id":"a"}]}]""", "")]
    public void AHistory_IsReadAsItStands(string body, string expected) =>
        Assert.Equal(expected, string.Join(',', CalledMessage.AllOf(Encoding.UTF8.GetBytes(body)).SelectMany(m => m.Calls).Select(c => c.Id)));

    private static UpstreamRequest Same(KeptThoughts kept, UpstreamRequest request, string id)
    {
        var asked = request with { Body = Encoding.UTF8.GetBytes(Called(id)) };
        return ReferenceEquals(kept.WithSignatures(asked), asked) ? request : asked;
    }

    private static void Answer(IDialect dialect, UpstreamRequest request, params string[] events)
    {
        var answer = dialect.Hear("text/event-stream", request, new UpstreamReport())!;
        foreach (var one in events) answer.Read(Encoding.UTF8.GetBytes(one), []);
    }

    private static JsonElement Say(IDialect dialect, UpstreamRequest request) => JsonElement.Parse(dialect.Say(request, new UpstreamReport()).Body.Span);

    private static string Called(params string[] ids) => $$"""
        {"reasoning_effort":"medium","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"","tool_calls":[{{string.Join(',', ids.Select(id => $$$"""{"type":"function","id":"{{{id}}}","function":{"name":"f","arguments":"{}"}}"""))}}]},
        {{string.Join(',', ids.Select(id => $$"""{"role":"tool","tool_call_id":"{{id}}","content":"r"}"""))}}]}
        """;

    private static UpstreamRequest Request(string model, string? caller, string body = "{}") => new()
    {
        Provider = model.StartsWith("gemini", StringComparison.Ordinal) ? "gemini" : "anthropic", ApiBase = new Uri("https://example.org"), Model = model, PublicModel = "public",
        Body = Encoding.UTF8.GetBytes(body), CompletionId = "chatcmpl-0123456789abcdef", Created = 1, Caller = caller,
    };
}
