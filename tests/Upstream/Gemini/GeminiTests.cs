using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Gemini;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Gemini;

public sealed class GeminiTests
{
    [Fact]
    public async Task ABlockedPrompt_IsARefusalByPolicy()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw("data: {\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"},\"usageMetadata\":{\"promptTokenCount\":5}}\r\n\r\n");

        var (failure, _) = await harness.FailAsync(harness.Request("gemini", Harness.Say("x")));

        Assert.Equal((400, "content_filter", true), (failure.Status, failure.Code, failure.BeforeFirstToken));
        Assert.Contains("content policy", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("STOP", "stop")]
    [InlineData("MAX_TOKENS", "length")]
    [InlineData("SAFETY", "content_filter")]
    [InlineData("RECITATION", "content_filter")]
    [InlineData("PROHIBITED_CONTENT", "content_filter")]
    [InlineData("SPII", "content_filter")]
    [InlineData("MALFORMED_FUNCTION_CALL", "stop")]
    [InlineData("OTHER", "stop")]
    public async Task FinishReasons_AreOpenAis(string reason, string expected)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw($"data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"x\"}}]}},\"finishReason\":\"{reason}\"}}]}}\r\n\r\n");

        Assert.Equal(expected, (await harness.CollectAsync(harness.Request("gemini", Harness.Say("x"))))[^1].FinishReason);
    }

    [Fact]
    public async Task SeveralCandidates_AllMustFinish()
    {
        await using var harness = await Harness.StartAsync();
        const string both = "data: {\"candidates\":[{\"index\":0,\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\"},{\"index\":1,\"content\":{\"parts\":[{\"text\":\"b\"}]}}]}\r\n\r\n";
        harness.AnswerRaw(both);
        harness.AnswerRaw(both + "data: {\"candidates\":[{\"index\":1,\"finishReason\":\"STOP\"}]}\r\n\r\n");

        Assert.Equal(FailureKind.Truncated, (await harness.FailAsync(harness.Request("gemini", Harness.Say("x")))).Failure.Kind);
        Assert.Equal("b", (await harness.CollectAsync(harness.Request("gemini", Harness.Say("x")))).Gather().Message(1).GetProperty("content").GetString());
    }

    [Fact]
    public async Task EveryCandidate_BeginsWithItsRole()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(
            "data: {\"candidates\":[{\"index\":1,\"content\":{\"parts\":[{\"text\":\"b\"}]}}]}\r\n\r\n" +
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\"},{\"index\":1,\"finishReason\":\"STOP\"}]}\r\n\r\n");

        var choices = (await harness.CollectAsync(harness.Request("gemini", Harness.Say("x")))).Select(chunk => chunk.Json().GetProperty("choices")[0]).ToList();

        foreach (var index in (int[])[0, 1])
        {
            var own = choices.Where(choice => choice.GetProperty("index").GetInt32() == index).Select(choice => choice.GetProperty("delta")).ToList();
            Assert.Equal([true, false, false], own.Select(delta => delta.TryGetProperty("role", out var role) && role.GetString() == "assistant"));
        }
    }

    [Fact]
    public async Task AnArrayInsteadOfEvents_IsRead()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw("""[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}]""", "application/json");

        Assert.Equal("ab", (await harness.CollectAsync(harness.Request("gemini", Harness.Say("x")))).Text());
    }

    [Fact]
    public async Task AnImage_ArrivesAsADataUri()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw("data: {\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"aGk=\"}}]},\"finishReason\":\"STOP\"}]}\r\n\r\n");

        var message = (await harness.CollectAsync(harness.Request("gemini", Harness.Say("x")))).Gather().Message();

        Assert.Equal("data:image/png;base64,aGk=", message.GetProperty("images")[0].GetProperty("image_url").GetProperty("url").GetString());
    }

    [Fact]
    public async Task Sound_ArrivesAsOpenAisDoes_OneTextOfWhateverPieces()
    {
        await using var harness = await Harness.StartAsync();
        byte[][] pieces = [[1], [2, 3, 4, 5], [6, 7]];
        harness.AnswerRaw(string.Concat(pieces.Select((piece, at) =>
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{\"mimeType\":\"audio/L16;rate=24000\",\"data\":\"" + Convert.ToBase64String(piece) + "\"}}]}"
            + (at == 2 ? ",\"finishReason\":\"STOP\"" : "") + "}]}\r\n\r\n")));

        var message = (await harness.CollectAsync(harness.Request("gemini", Harness.Say("x")))).Gather().Message();

        Assert.False(message.TryGetProperty("images", out _));
        var audio = message.GetProperty("audio");
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], audio.GetProperty("data").GetBytesFromBase64());
        Assert.Equal(("audio_chatcmpl-test", "audio/L16;rate=24000", ""), (audio.GetProperty("id").GetString(), audio.GetProperty("format").GetString(), audio.GetProperty("transcript").GetString()));
        Assert.Equal(1700000000, audio.GetProperty("expires_at").GetInt64());
    }

    [Fact]
    public async Task ACallThatTheModelGarbled_IsNoStopLikeAnother()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw("data: {\"candidates\":[{\"finishReason\":\"MALFORMED_FUNCTION_CALL\",\"finishMessage\":\"Malformed function call: f(\"}]}\r\n\r\n");

        var choice = (await harness.CollectAsync(harness.Request("gemini", Harness.Say("x")))).Gather().GetProperty("choices")[0];

        Assert.Equal(("stop", "MALFORMED_FUNCTION_CALL", "Malformed function call: f("),
            (choice.GetProperty("finish_reason").GetString(), choice.GetProperty("native_finish_reason").GetString(), choice.GetProperty("finish_message").GetString()));
    }

    [Fact]
    public async Task AFullQuota_TellsWhenToComeBack()
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault
        {
            Kind = FaultKind.Status, Status = 429,
            Body = """[{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}]""",
        });

        var (failure, _) = await harness.FailAsync(harness.Request("gemini", Harness.Say("x")));

        Assert.Equal((429, "RESOURCE_EXHAUSTED", TimeSpan.FromSeconds(34.5)), (failure.Status, failure.Type, failure.RetryAfter));
    }

    [Theory]
    [InlineData("gemini-3-pro-preview", "skip_thought_signature_validator")]
    [InlineData("gemini-2.5-pro", null)]
    public void ALostSignature_IsReplacedWhereOneIsWanted(string model, string? expected)
    {
        var sent = Translate(model, """[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{}"}}]}]""");
        var parts = sent.GetProperty("contents")[1].GetProperty("parts");
        Assert.Equal(expected, parts[0].TryGetProperty("thoughtSignature", out var signature) ? signature.GetString() : null);
        Assert.False(parts[1].TryGetProperty("thoughtSignature", out _));
    }

    /// <summary>They name their function and nothing else.</summary>
    [Fact]
    public void ResultsOfATurn_AreInTheOrderOfItsCalls()
    {
        var sent = Translate("gemini-2.5-pro", """[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f"}},{"id":"b","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"b","content":"of b"},{"role":"tool","tool_call_id":"a","content":"of a"},{"role":"user","content":"u"}]""");

        Assert.Equal(
            """[{"functionResponse":{"name":"f","response":{"content":"of a"}}},{"functionResponse":{"name":"f","response":{"content":"of b"}}},{"text":"u"}]""",
            sent.GetProperty("contents")[1].GetProperty("parts").GetRawText());
    }

    [Theory]
    [InlineData("""[{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"z"}]}]""", """[{"text":"z"}]""")]
    [InlineData("""[{"role":"assistant","content":[{"type":"text","text":""}],"tool_calls":[{"id":"a","function":{"name":"f"}}]}]""", """[{"functionCall":{"name":"f","args":{}}}]""")]
    [InlineData("""[{"role":"user","content":[{"type":"text","text":""}]}]""", """[{"text":""}]""")]
    public void ATextOfNothing_IsNotToldBesideOthers(string messages, string parts) =>
        Assert.Equal(parts, Translate("gemini-2.5-flash", messages).GetProperty("contents")[0].GetProperty("parts").GetRawText());

    [Fact]
    public void AFunctionCallOfOld_IsACallAndItsResult() => Assert.Equal(
        """[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"content":"r"}}}]}]""",
        Translate("gemini-2.5-pro", """[{"role":"assistant","function_call":{"name":"f","arguments":"{\"a\":1}"}},{"role":"function","name":"f","content":"r"}]""").GetProperty("contents").GetRawText());

    [Theory]
    [InlineData("gemini-3-flash", "high", "{\"includeThoughts\":true,\"thinkingLevel\":\"high\"}")]
    [InlineData("gemini-3-flash", "none", "{\"includeThoughts\":false,\"thinkingLevel\":\"low\"}")]
    [InlineData("gemini-2.5-flash", "none", "{\"includeThoughts\":false,\"thinkingBudget\":0}")]
    [InlineData("gemini-2.5-flash", "disable", "{\"includeThoughts\":false,\"thinkingBudget\":0}")]
    [InlineData("gemini-2.5-flash", "high", "{\"includeThoughts\":true,\"thinkingBudget\":4096}")]
    public void ReasoningEffort_IsALevelOrABudget(string model, string effort, string expected) => Assert.Equal(
        expected, Translate(model, $"[{{\"role\":\"user\",\"content\":\"x\"}}],\"reasoning_effort\":\"{effort}\"").GetProperty("generationConfig").GetProperty("thinkingConfig").GetRawText());

    [Theory]
    [InlineData("[{\"role\":\"tool\",\"content\":\"x\"}]", "messages[0].tool_call_id")]
    [InlineData("[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":\"nowhere\"}]}]", "messages[0].content[0].image_url")]
    [InlineData("[{\"role\":\"user\",\"content\":[{\"type\":\"what\"}]}]", "messages[0].content[0].type")]
    [InlineData("[{\"role\":\"system\",\"content\":[{\"type\":\"image_url\"}]}]", "messages[0].content[0].type")]
    [InlineData("[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"function\":{}}]", "tools[0].function.name")]
    public void WhatCannotBeSaid_IsTheCallersFaultWithItsPlace(string messages, string param) =>
        Assert.Equal((400, param), (Assert.Throws<UpstreamException>(() => Translate("gemini-2.5-flash", messages)).Failure is var failure ? failure.Status : 0, failure.Param));

    [Fact]
    public void APictureOfATool_FollowsTheResultsOfItsTurn()
    {
        const string picture = """{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}""";
        const string calls = """{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{}"}}]}""";
        const string results = $$"""{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"seen"},{{picture}}]},{"role":"tool","tool_call_id":"b","content":"done"}""";
        const string expected = """
            {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"content":"seen"}}},{"functionResponse":{"name":"g","response":{"content":"done"}}},{"inlineData":{"mimeType":"image/png","data":"aGk="}}
            """;

        var last = Translate("gemini-2.5-flash", $"[{calls},{results}]").GetProperty("contents")[1];
        var answered = Translate("gemini-2.5-flash", $"[{calls},{results},{{\"role\":\"user\",\"content\":\"well?\"}}]").GetProperty("contents")[1];
        var goneOn = Translate("gemini-2.5-flash", $"[{calls},{results},{{\"role\":\"assistant\",\"content\":\"well\"}}]").GetProperty("contents");

        Assert.Equal(expected + "]}", last.GetRawText());
        Assert.Equal(expected + ",{\"text\":\"well?\"}]}", answered.GetRawText());
        Assert.Equal([expected + "]}", """{"role":"model","parts":[{"text":"well"}]}"""], goneOn.EnumerateArray().Skip(1).Select(c => c.GetRawText()));
    }

    private static JsonElement Translate(string model, string messages) => JsonDocument.Parse(OpenAiToGemini.Translate(
        new UpstreamRequest
        {
            Provider = "gemini", Model = model, PublicModel = "public", Body = Encoding.UTF8.GetBytes("{\"messages\":" + messages + "}"), CompletionId = "c", Created = 1,
        },
        new UpstreamReport())).RootElement;
}
