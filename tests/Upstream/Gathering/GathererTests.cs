using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Gathering;

public sealed class GathererTests
{
    private const string Tools =
        ""","tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}},{"type":"function","function":{"name":"get_time","parameters":{"type":"object","properties":{}}}}]""";

    public static TheoryData<string, string, FaultKind?> Conversations
    {
        get
        {
            var data = new TheoryData<string, string, FaultKind?>();
            foreach (var fault in new FaultKind?[] { null, FaultKind.Pieces, FaultKind.SplitUtf8, FaultKind.PlainJson })
            {
                foreach (var provider in new[] { "openai", "ollama" })
                {
                    data.Add(provider, Harness.Say("grüße 😀 \"quoted\" \\ \n tab"), fault);
                    data.Add(provider, Harness.Say("use get_weather and get_time for 😀", Tools), fault);
                    data.Add(provider, Harness.Say("short", ",\"max_tokens\":3"), fault);
                    data.Add(provider, Harness.Say("as json", ",\"response_format\":{\"type\":\"json_object\"}"), fault);
                }
            }

            return data;
        }
    }

    /// <summary>What streamed and what the same server says in one piece.</summary>
    [Theory]
    [MemberData(nameof(Conversations))]
    public async Task GatheredStream_EqualsTheWholeAnswer(string provider, string body, FaultKind? fault)
    {
        await using var harness = await Harness.StartAsync();
        if (fault is { } kind) harness.Server.Faults.Add(new Fault { Kind = kind, Pieces = kind == FaultKind.Pieces ? [1, 7, 2] : null });

        var gathered = (await harness.CollectAsync(harness.Request(provider, body) with { ClientWantsUsage = true })).Gather();
        using var http = new HttpClient();
        using var response = await http.PostAsync(
            new Uri(harness.Server.BaseAddress, "v1/chat/completions"),
            new StringContent(body.Replace("\"public\"", $"\"{Harness.Model}\"", StringComparison.Ordinal), Encoding.UTF8, "application/json"));
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal(Essence(document.RootElement), Essence(gathered));
        Assert.Equal("public", gathered.GetProperty("model").GetString());
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("ollama")]
    public async Task GatheredStream_IsTheSameHoweverTheBodyIsCut(string provider)
    {
        await using var harness = await Harness.StartAsync();
        var random = new Random(42);
        foreach (var body in new[] { Harness.Say("grüße 😀"), Harness.Say("get_weather and get_time 😀", Tools) })
        {
            var request = harness.Request(provider, body) with { ClientWantsUsage = true };
            var whole = Essence((await harness.CollectAsync(request)).Gather());
            for (var cut = 0; cut < 15; cut++)
            {
                harness.Server.Faults.Add(new Fault { Kind = FaultKind.Pieces, Pieces = [.. Enumerable.Range(0, 9).Select(_ => random.Next(1, 60))] });
                Assert.Equal(whole, Essence((await harness.CollectAsync(request)).Gather()));
            }
        }
    }

    [Fact]
    public void Completion_IsStrictlyValidWhateverWasMissing()
    {
        var completion = Gather("""{"id":"a","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"x"}}]}""");

        Assert.Equal(
            """{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x","refusal":null},"logprobs":null,"finish_reason":"stop"}]}""",
            completion.GetRawText());
    }

    [Fact]
    public void UnknownFields_AreKept()
    {
        var completion = Gather(
            """{"id":"a","system_fingerprint":"fp","choices":[{"index":0,"delta":{"reasoning":"a","reasoning_details":[{"n":1}],"annotations":[]},"content_filter_results":{"hate":{"filtered":false}}}],"obfuscation":"xyz"}""",
            """{"id":"a","choices":[{"index":0,"delta":{"reasoning":"b","reasoning_details":[{"n":2.50}],"audio":{"id":"q","data":"AA"}}}],"timings":{"ms":1}}""",
            """{"id":"a","choices":[{"index":0,"delta":{"audio":{"id":"q","data":"BB"}},"finish_reason":"stop"}]}""");

        var message = completion.Message();
        Assert.Equal("ab", message.GetProperty("reasoning").GetString());
        Assert.Equal("""[{"n":1},{"n":2.50}]""", message.GetProperty("reasoning_details").GetRawText());
        Assert.Equal("""{"id":"q","data":"AABB"}""", message.GetProperty("audio").GetRawText());
        Assert.Equal("fp", completion.GetProperty("system_fingerprint").GetString());
        Assert.Equal(1, completion.GetProperty("timings").GetProperty("ms").GetInt32());
        Assert.True(completion.GetProperty("choices")[0].TryGetProperty("content_filter_results", out _));
        Assert.False(completion.TryGetProperty("obfuscation", out _));
    }

    [Fact]
    public void Choices_AndLogprobs_AreJoinedByIndex()
    {
        var completion = Gather(
            """{"choices":[{"index":1,"delta":{"content":"b"},"logprobs":{"content":[{"token":"b"}]}}]}""",
            """{"choices":[{"index":0,"delta":{"content":"a","refusal":"no"}}]}""",
            """{"choices":[{"index":1,"delta":{"content":"B"},"logprobs":{"content":[{"token":"B"}]},"finish_reason":"length"}]}""");

        Assert.Equal("a", completion.Message(0).GetProperty("content").GetString());
        Assert.Equal("no", completion.Message(0).GetProperty("refusal").GetString());
        Assert.Equal("bB", completion.Message(1).GetProperty("content").GetString());
        Assert.Equal("""{"content":[{"token":"b"},{"token":"B"}],"refusal":null}""", completion.GetProperty("choices")[1].GetProperty("logprobs").GetRawText());
        Assert.Equal("length", completion.GetProperty("choices")[1].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public void SurrogatePair_SplitOverTwoChunks_IsOneCharacter() => Assert.Equal(
        "😀", Gather("""{"choices":[{"index":0,"delta":{"content":"\ud83d"}}]}""", """{"choices":[{"index":0,"delta":{"content":"\ude00"}}]}""")
            .Message().GetProperty("content").GetString());

    [Fact]
    public void MistralsContentParts_BecomeTextAndReasoning()
    {
        var message = Gather(
            """{"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}}]}""",
            """{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"yes"}]}}]}""").Message();

        Assert.Equal("yes", message.GetProperty("content").GetString());
        Assert.Equal("hm", message.GetProperty("reasoning_content").GetString());
    }

    [Theory]
    [InlineData("get_w", "get_w", "get_w", "get_w")]
    [InlineData("get_w", "get_", "w", "")]
    [InlineData("getget", "getget", "getget")]
    public void ANameOfACall_IsToldOnce_ThoughEveryPieceHasIt(string expected, params string[] told) => Assert.Equal(
        expected,
        Gather([.. told.Select(name => $$$"""{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"{{{name}}}","arguments":"x"}}]}}]}""")])
            .Message().GetProperty("tool_calls")[0].GetProperty("function").GetProperty("name").GetString());

    [Fact]
    public void TooLargeAnswer_FailsClearly()
    {
        var gatherer = new ChatGatherer(maxBytes: 100);
        var chunk = new UpstreamChunk("{\"choices\":[]}"u8.ToArray(), ChunkKind.None, null);

        var thrown = Assert.Throws<UpstreamException>(() =>
        {
            for (var added = 0; added < 100; added++) gatherer.Add(chunk);
        });

        Assert.Equal((FailureKind.TooLarge, false), (thrown.Failure.Kind, thrown.Failure.Retryable));
    }

    [Fact]
    public void AnyCutOfATextIntoChunks_GathersToTheText() => Property.ForAllSeeds(seed =>
    {
        var random = new Random(seed);
        var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => new[] { "a", "é", "😀", "\n", "\"", "\\", "\u0001", " " }[random.Next(8)]));
        var gatherer = new ChatGatherer();
        for (var at = 0; at < text.Length;)
        {
            // Cuts fall inside surrogate pairs too; System.Text.Json would not write such halves, so the escapes are written here.
            var length = Math.Min(random.Next(1, 5), text.Length - at);
            var piece = string.Concat(text.Substring(at, length).Select(unit => $"\\u{(int)unit:x4}"));
            gatherer.Add(new UpstreamChunk(
                Encoding.UTF8.GetBytes(
                    $$$$"""{"choices":[{"index":0,"delta":{"content":"{{{{piece}}}}","tool_calls":[{"index":0,"function":{"arguments":"{{{{piece}}}}"}}]}}]}"""),
                ChunkKind.Payload, null));
            at += length;
        }

        if (text.Length == 0) return true;
        using var document = JsonDocument.Parse(gatherer.ToCompletion());
        var message = document.RootElement.Message();
        return message.GetProperty("content").GetString() == text
               && message.GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString() == text;
    });

    private static JsonElement Gather(params string[] chunks) =>
        chunks.Select(chunk => new UpstreamChunk(Encoding.UTF8.GetBytes(chunk), ChunkKind.None, null)).Gather();

    private static string Essence(JsonElement completion)
    {
        var message = completion.Message();
        var calls = message.TryGetProperty("tool_calls", out var called)
            ? string.Join(';', called.EnumerateArray().Select(call => call.GetProperty("function").GetProperty("name").GetString() + "("
                + JsonSerializer.Serialize(JsonDocument.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!).RootElement) + ")"))
            : "";
        return string.Join(
            '\n', message.GetProperty("content").ToString(), calls, completion.GetProperty("choices")[0].GetProperty("finish_reason").GetString(),
            JsonSerializer.Serialize(completion.GetProperty("usage")), message.GetProperty("refusal").ValueKind,
            completion.GetProperty("choices")[0].GetProperty("logprobs").ValueKind);
    }
}
