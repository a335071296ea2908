using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.OpenAi;

/// <summary>What real services send, and what the client sees of it.</summary>
public sealed class AnswerTests
{
    private const string Head = """{"id":"chatcmpl-9","object":"chat.completion.chunk","created":7,"model":"gpt-x","choices":""";
    private const string Stop = Head + """[{"index":0,"delta":{},"finish_reason":"stop"}]}""";

    [Fact]
    public async Task Chunks_AreForwardedByteForByteButForTheModel()
    {
        const string odd = """{"id":"chatcmpl-9", "object":"chat.completion.chunk","created":7,"model":"gpt-x","service_tier":"default","choices":[{"index":0,"delta":{"role":"assistant","content":"\u00e9 é 😀\/","new_field":[1,2.50]},"logprobs":{"content":[]},"finish_reason":null}],"obfuscation":"abc"}""";
        var chunks = await AnswerAsync(odd, Stop);

        Assert.Equal(odd.Replace("gpt-x", "public", StringComparison.Ordinal), chunks[0].Raw());
        Assert.True(chunks[0].HasPayload);
        Assert.Equal("stop", chunks[1].FinishReason);
        Assert.Equal(2, chunks.Count);
    }

    [Fact]
    public async Task RoleChunk_IsNoPayload()
    {
        var chunks = await AnswerAsync(
            Head + """[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]}""",
            Head + """[{"index":0,"delta":{"reasoning_content":"hm"},"finish_reason":null}]}""", Stop);

        Assert.Equal([false, true, false], chunks.Select(chunk => chunk.HasPayload));
    }

    [Fact]
    public async Task Azure_FirstChunkWithoutIdAndModel_GetsOursAndSoDoAllOthers()
    {
        var chunks = await AnswerAsync(
            """{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0}]}""",
            Head + """[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}""", Stop);

        Assert.Equal(
            """{"choices":[],"created":1700000000,"id":"chatcmpl-test","model":"public","object":"chat.completion.chunk","prompt_filter_results":[{"prompt_index":0}]}""",
            chunks[0].Raw());
        Assert.All(chunks, chunk => Assert.Equal("chatcmpl-test", chunk.Json().GetProperty("id").GetString()));
        Assert.All(chunks, chunk => Assert.Equal(1_700_000_000, chunk.Json().GetProperty("created").GetInt64()));
        Assert.False(chunks[0].IsUsageOnly);
    }

    [Fact]
    public async Task Mistral_WholeToolCallWithFinishReasonAndUsageInOneDelta_GetsAnIndex()
    {
        var chunks = await AnswerAsync(
            wantsUsage: true,
            Head + """[{"index":0,"delta":{"content":null,"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{\"x\":1}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}""");

        var calls = chunks[0].Json().GetProperty("choices")[0].GetProperty("delta").GetProperty("tool_calls");
        Assert.Equal([0, 1], calls.EnumerateArray().Select(call => call.GetProperty("index").GetInt32()));
        Assert.True(chunks[0].HasPayload);
        Assert.Equal("tool_calls", chunks[0].FinishReason);
        Assert.Equal(
            """{"id":"chatcmpl-9","object":"chat.completion.chunk","created":7,"model":"public","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}""",
            Assert.Single(chunks, chunk => chunk.IsUsageOnly).Raw());
    }

    [Fact]
    public async Task Gemini_ToolCallsWithoutIndexOrId_AreCountedByName()
    {
        var chunks = await AnswerAsync(
            Head + """[{"index":0,"delta":{"tool_calls":[{"id":"","function":{"name":"f","arguments":"{"}}]},"finish_reason":null}]}""",
            Head + """[{"index":0,"delta":{"tool_calls":[{"function":{"arguments":"}"}}]},"finish_reason":null}]}""",
            Head + """[{"index":0,"delta":{"tool_calls":[{"function":{"name":"g","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]},"finish_reason":"tool_calls"}]}""");

        var message = chunks.Gather().Message();
        Assert.Equal(
            [("f", "{}"), ("g", "{}")],
            message.GetProperty("tool_calls").EnumerateArray().Select(call => call.GetProperty("function"))
                .Select(function => (function.GetProperty("name").GetString()!, function.GetProperty("arguments").GetString()!)));
        Assert.Equal("s", message.GetProperty("tool_calls")[1].GetProperty("extra_content").GetProperty("google").GetProperty("thought_signature").GetString());
    }

    [Fact]
    public async Task Gemini_CallsThatAllHaveTheIndexZero_AreCallsOfTheirOwn()
    {
        var chunks = await AnswerAsync(
            Calls("""{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":"}}"""),
            Calls("""{"index":0,"function":{"arguments":"1}"}}"""),
            Calls("""{"function":{"arguments":"{\"b\":","name":"g"},"id":"c2","index": 0 },{"index":0,"id":"c3","function":{"name":"h","arguments":"{}"}}"""),
            Calls("""{"index":1,"id":"c4","function":{"name":"i","arguments":"{}"}}"""), Stop);

        Assert.Equal([0, 0, 1, 2, 3], chunks.SkipLast(1).SelectMany(CallsIn).Select(call => call.GetProperty("index").GetInt32()));
        Assert.Equal(
            [("c1", "f", "{\"a\":1}"), ("c2", "g", "{\"b\":"), ("c3", "h", "{}"), ("c4", "i", "{}")],
            chunks.Gather().Message().GetProperty("tool_calls").EnumerateArray().Select(call => (
                call.GetProperty("id").GetString()!, call.GetProperty("function").GetProperty("name").GetString()!, call.GetProperty("function").GetProperty("arguments").GetString()!)));
    }

    [Fact]
    public async Task PiecesThatGoOn_StayWithTheLastCallOfTheirIndex()
    {
        var chunks = await AnswerAsync(
            Calls("""{"index":0,"id":"c1","function":{"name":"f","arguments":""}},{"index":1,"id":"d1","function":{"name":"g","arguments":""}}"""),
            Calls("""{"index":0,"id":"c2","function":{"name":"h","arguments":""}}"""),
            Calls("""{"index":0,"function":{"arguments":"{}"}},{"index":1,"function":{"arguments":"{ }"}}"""), Stop);

        Assert.Equal([0, 1, 2, 2, 1], chunks.SkipLast(1).SelectMany(CallsIn).Select(call => call.GetProperty("index").GetInt32()));
    }

    [Theory]
    [InlineData("""{"reasoning":"h\u00e9 \"m\""}""", """{"reasoning":"h\u00e9 \"m\"","reasoning_content":"h\u00e9 \"m\""}""")]
    [InlineData("""{"reasoning_content":null,"reasoning":"hm","content":""}""", """{"reasoning_content":"hm","reasoning":"hm","content":""}""")]
    [InlineData("""{"reasoning":"hm","reasoning_content":"hm"}""", """{"reasoning":"hm","reasoning_content":"hm"}""")]
    [InlineData("""{"reasoning":"","content":"x"}""", """{"reasoning":"","content":"x"}""")]
    [InlineData("""{"reasoning":{"effort":"low"},"content":"x"}""", """{"reasoning":{"effort":"low"},"content":"x"}""")]
    public async Task ThoughtsUnderTheNewerName_AreToldUnderBoth(string sent, string told)
    {
        var chunks = await AnswerAsync(Delta("""{"role":"assistant","content":""}"""), Delta(sent), Delta(sent), Stop);

        Assert.All(chunks.Skip(1).Take(2), chunk => Assert.Equal(told, chunk.Json().GetProperty("choices")[0].GetProperty("delta").GetRawText()));
        if (told.Contains("content\":\"hm", StringComparison.Ordinal)) Assert.Equal("hmhm", chunks.Gather().Message().GetProperty("reasoning_content").GetString());

        static string Delta(string delta) => Head + """[{"index":0,"delta":""" + delta + ""","finish_reason":null}]}""";
    }

    [Theory]
    [InlineData("""{"index":1,"id":"c","type":"function","function":{"name":"f","arguments":"{"}}""", """{"index":1,"id":"c","function":{"name":"f","arguments":"}"}}""")]
    [InlineData("""{"index":1,"id":"c","type":"function","function":{"name":"f","arguments":"{"}}""", """{"index":1,"id":"another","function":{"name":null,"arguments":"}"}}""")]
    [InlineData("""{"index":1,"id":"c","type":"custom","custom":{"name":"f","input":"a"}}""", """{"index":1,"custom":{"input":"b"}}""")]
    public async Task ACallThatRepeatsItsId_OrGivesNoName_IsForwardedAsItIs(params string[] pieces)
    {
        var sent = pieces.Select(piece => Calls(piece)).ToArray();

        var chunks = await AnswerAsync([.. sent, Stop]);

        Assert.Equal(sent.Select(chunk => chunk.Replace("gpt-x", "public", StringComparison.Ordinal)), chunks.SkipLast(1).Select(chunk => chunk.Raw()));
    }

    [Fact]
    public async Task ArgumentsThatAreAnObject_AreForwardedAsItsText() => Assert.Equal(
        Calls("""{"id":"c","type":"function","function":{"arguments":"{\"a\": [\"\\u00e9 é\"]}","name":"f"},"index":0},{"id":"d","type":"function","function":{"name":"g","arguments":"{}"},"index":1}""").Replace("gpt-x", "public", StringComparison.Ordinal),
        (await AnswerAsync(Calls("""{"id":"c","type":"function","function":{"arguments":{"a": ["\u00e9 é"]},"name":"f"},"index":null},{"id":"d","type":"function","function":{"name":"g","arguments":{}}}"""), Stop))[0].Raw());

    /// <summary>Gemini's and older servers leave it out or empty, some give all calls the same: a client could not say which of them a result is of.</summary>
    [Theory]
    [InlineData("""{"index":0,"function":{"name":"f","arguments":"{}"}}""", """{"index":1,"function":{"name":"g","arguments":"[]"}}""", "call_test_0", "call_test_1")]
    [InlineData("""{"index":0,"id":"","function":{"name":"f","arguments":"{}"}}""", """{"index":0,"id":"","function":{"name":"g","arguments":"[]"}}""", "call_test_0", "call_test_1")]
    [InlineData("""{"index":0,"id":null,"function":{"name":"f","arguments":"{}"}}""", """{"index":1,"id":"c","function":{"name":"g","arguments":"[]"}}""", "call_test_0", "c")]
    [InlineData("""{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}""", """{"index":1,"id":"c","function":{"name":"g","arguments":"[]"}}""", "c", "call_test_1")]
    [InlineData("""{"id":"c","function":{"name":"f","arguments":"{}"}}""", """{"id":"c","function":{"name":"g","arguments":"[]"}}""", "c", "call_test_1")]
    public async Task ACallWithoutAnIdOfItsOwn_GetsOne(string first, string second, params string[] ids)
    {
        var chunks = await AnswerAsync(Calls($"{first},{second}"), Calls("""{"index":0,"function":{"arguments":" "}}"""), Stop);

        Assert.Equal(ids, CallsIn(chunks[0]).Select(call => call.GetProperty("id").GetString()));
        Assert.False(CallsIn(chunks[1]).Single().TryGetProperty("id", out _));
        var gathered = chunks.Gather().Message().GetProperty("tool_calls").EnumerateArray().ToList();
        Assert.Equal(ids, gathered.Select(call => call.GetProperty("id").GetString()));
        Assert.Equal(["f", "g"], gathered.Select(call => call.GetProperty("function").GetProperty("name").GetString()));
    }

    [Fact]
    public async Task AnIdThatComesLate_IsTheOneThatTheClientKnows()
    {
        var chunks = await AnswerAsync(
            Calls("""{"index":1,"id":"","function":{"name":"f","arguments":"{"}}"""), Calls("""{"index":1,"id":"late","function":{"name":"f","arguments":"}"}}"""), Stop);

        Assert.Equal(["call_test_1", "call_test_1"], chunks.SkipLast(1).SelectMany(CallsIn).Select(call => call.GetProperty("id").GetString()));
        Assert.Equal("{}", chunks.Gather().Message().GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
    }

    [Fact]
    public async Task CallsInAWholeAnswer_GetIdsOfTheirOwn()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(
            """{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"0","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"0","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]}""",
            "application/json");

        var completion = (await harness.CollectAsync(harness.Request("openai", Harness.Say("hello")))).Gather();

        Assert.Equal(["0", "call_test_1"], completion.Message().GetProperty("tool_calls").EnumerateArray().Select(call => call.GetProperty("id").GetString()));
        Assert.Equal("tool_calls", completion.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task CallsOfSeveralChoices_AreNotMixed_WhereTheChoiceSaysItsNumberLast()
    {
        static string Choice(int index, string id) => Head + $$$"""[{"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"{{{id}}}","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null,"index":{{{index}}} }]}""";
        var chunks = await AnswerAsync(Choice(0, "a"), Choice(1, "b"), Stop);

        Assert.Equal([0, 0], chunks.Take(2).SelectMany(CallsIn).Select(call => call.GetProperty("index").GetInt32()));
    }

    /// <summary>OpenAI's own helpers want both.</summary>
    [Fact]
    public async Task TheTypeOfACall_AndTheRoleOfAnAnswer_AreThereOnce()
    {
        var chunks = await AnswerAsync(
            Head + """[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]},"finish_reason":null}]}""",
            Head + """[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]},"finish_reason":null},{"index":1,"delta":{"role":null,"content":"x"},"finish_reason":"stop"}]}""", Stop);

        Assert.Equal(
            """[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"},"type":"function"}],"role":"assistant"},"finish_reason":null}]""",
            chunks[0].Json().GetProperty("choices").GetRawText());
        Assert.Equal(
            """[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]},"finish_reason":null},{"index":1,"delta":{"role":"assistant","content":"x"},"finish_reason":"stop"}]""",
            chunks[1].Json().GetProperty("choices").GetRawText());
    }

    /// <summary>Google's service for OpenAI's clients does it.</summary>
    [Fact]
    public async Task AChoiceThatStopsAfterCalls_HasCalledTools()
    {
        var chunks = await AnswerAsync(
            Calls("""{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}"""),
            Head + """[{"index":1,"delta":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}""", Stop);

        Assert.Equal([null, "stop", "tool_calls"], chunks.Select(chunk => chunk.FinishReason));
        Assert.Equal("tool_calls", chunks[2].Json().GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Mistral_ContentInParts_BecomesTextAndThoughts()
    {
        var chunks = await AnswerAsync(
            Head + """[{"index":0,"delta":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"h\u00e9 \"m\""}]}]}}]}""",
            Head + """[{"index":0,"delta":{"content":[{"type":"text","text":"yes\n"},{"type":"reference","reference_ids":[1]},{"type":"text","text":"no"}]}}]}""", Stop);

        Assert.Equal("""{"role":"assistant","content":"","reasoning_content":"h\u00e9 \"m\""}""", chunks[0].Json().GetProperty("choices")[0].GetProperty("delta").GetRawText());
        Assert.Equal("""{"content":"yes\nno"}""", chunks[1].Json().GetProperty("choices")[0].GetProperty("delta").GetRawText());
        Assert.Equal([true, true, false], chunks.Select(chunk => chunk.HasPayload));
        Assert.Equal(("yes\nno", "hé \"m\""), (chunks.Gather().Message().GetProperty("content").GetString(), chunks.Gather().Message().GetProperty("reasoning_content").GetString()));
    }

    [Fact]
    public async Task AnIndexThatIsNull_IsReplaced() => Assert.Equal(
        Calls("""{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}""").Replace("gpt-x", "public", StringComparison.Ordinal),
        (await AnswerAsync(Calls("""{"index":null,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}"""), Stop))[0].Raw());

    [Fact]
    public async Task Xai_ChunksWithoutFinishReason_GetNull()
    {
        var chunks = await AnswerAsync(
            Head + """[{"index":0,"delta":{"role":"assistant","reasoning_content":"hm"}}]}""", Stop);

        Assert.Equal(
            """{"id":"chatcmpl-9","object":"chat.completion.chunk","created":7,"model":"public","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"hm"},"finish_reason":null}]}""",
            chunks[0].Raw());
    }

    [Fact]
    public async Task DeepSeekAndGroq_UsageInTheFinishChunk_IsReportedAndForwarded()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(Sse(Head + """[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":9},"x_groq":{"usage":{}}}"""));

        var chunks = await harness.CollectAsync(harness.Request("openai", Harness.Say("hello")));

        Assert.Equal(new UpstreamUsage(1, 2, 9, Estimated: false), harness.Report.Usage);
        Assert.Contains("x_groq", Assert.Single(chunks).Raw(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UsageChunk_IsOnlyForClientsThatAskedForIt()
    {
        await using var harness = await Harness.StartAsync();
        var request = harness.Request("openai", Harness.Say("one two"));

        var without = await harness.CollectAsync(request);
        var with = await harness.CollectAsync(request with { ClientWantsUsage = true });

        Assert.DoesNotContain(without, chunk => chunk.IsUsageOnly);
        Assert.Equal(2, harness.Report.Usage!.Value.Prompt);
        Assert.True(with[^1].IsUsageOnly);
        Assert.Equal(2, with[^1].Json().GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    /// <summary>DeepSeek's and others' form; LangChain adds up what it finds.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Usage_BesideTheFinishReason_IsToldOnce_ByAChunkOfItsOwn_OrNotAtAll(bool wantsUsage)
    {
        const string Usage = """{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}""";
        var chunks = await AnswerAsync(
            wantsUsage,
            Head + """[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}],"usage":null}""",
            "{\"usage\":{\"prompt_tokens\":1.0,\"completion_tokens\":1,\"total_tokens\":2}," + Head[1..] + """[{"index":0,"delta":{"content":"b"},"finish_reason":null}]}""",
            Head + """[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":""" + Usage + ""","x":1}""");

        var told = chunks.Select(chunk => chunk.Json()).Where(json => json.GetProperty("usage").ValueKind != JsonValueKind.Null).ToList();
        Assert.Equal(("stop", 1), (chunks[2].FinishReason, chunks[2].Json().GetProperty("x").GetInt32()));
        Assert.Equal(wantsUsage ? 4 : 3, chunks.Count);
        Assert.Equal(wantsUsage ? [Usage] : [], told.Select(json => json.GetProperty("usage").GetRawText()));
        Assert.All(told, json => Assert.Equal(0, json.GetProperty("choices").GetArrayLength()));
    }

    /// <summary>Typed clients do not read a count with a decimal point, and nobody is charged for a total alone.</summary>
    [Theory]
    [InlineData("""{"prompt_tokens":1000.0,"completion_tokens":5e2,"total_tokens":1500.0,"details":{"cached_tokens":3.0,"cost":0.5}}""", 1000, 500, 1500, """{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500,"details":{"cached_tokens":3,"cost":0.5}}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":null,"total_tokens":15}""", 10, 5, 15, """{"prompt_tokens":10,"total_tokens":15,"completion_tokens":5}""")]
    [InlineData("""{"completion_tokens":5,"total_tokens":15}""", 10, 5, 15, """{"completion_tokens":5,"total_tokens":15,"prompt_tokens":10}""")]
    public async Task Usage_InOddShapes_IsReadAndMended(string usage, long prompt, long completion, long total, string expected)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(Sse(Stop, Head + "[],\"usage\":" + usage + "}"));

        var chunks = await harness.CollectAsync(harness.Request("openai", Harness.Say("hello")) with { ClientWantsUsage = true });

        Assert.Equal(new UpstreamUsage(prompt, completion, total, Estimated: false), harness.Report.Usage!.Value with { CacheRead = 0 });
        Assert.Equal(expected, chunks[^1].Json().GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task Usage_ThatIsOnlyATotal_IsSharedOutByEstimate()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(Sse(Head + """[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}""", Stop, Head + """[],"usage":{"total_tokens":1500}}"""));

        var chunks = await harness.CollectAsync(harness.Request("openai", Harness.Say("hello")) with { ClientWantsUsage = true });

        Assert.Equal(new UpstreamUsage(1499, 1, 1500, Estimated: true), harness.Report.Usage);
        Assert.Equal("""{"total_tokens":1500,"prompt_tokens":1499,"completion_tokens":1}""", chunks[^1].Json().GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task Usage_WhenUpstreamGivesNone_IsEstimatedAndFlagged()
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.OmitUsage });

        var chunks = await harness.CollectAsync(harness.Request("openai", Harness.Say("hello")) with { ClientWantsUsage = true });

        Assert.True(harness.Report.Usage!.Value.Estimated);
        Assert.InRange(chunks[^1].Json().GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 5, 40);
    }

    [Theory]
    [InlineData("\uFEFFdata: {A}\n\ndata: [DONE]\n\n")]
    [InlineData("data:{A}\r\n\r\ndata:[DONE]\r\n\r\n")]
    [InlineData("data: {A}\r\rdata: [DONE]\r\r")]
    [InlineData(": keep-alive\n\nevent: message\nid: 1\nretry: 10\ndata: {A}\n\ndata: [DONE]\n\n")]
    [InlineData("data: {A}\n\n")]
    [InlineData("data: {A}")]
    [InlineData("data: {\"id\":\"chatcmpl-9\",\ndata: \"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\ndata: \"finish_reason\":\"stop\"}]}\n\n")]
    public async Task Events_AreReadByTheStandard(string body)
    {
        var chunk = Head + """[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}""";
        foreach (var pieces in new int[][] { [], [1], [2, 3] })
        {
            await using var harness = await Harness.StartAsync();
            harness.AnswerRaw(body.Replace("{A}", chunk, StringComparison.Ordinal), null, pieces);

            Assert.Equal("x", (await harness.CollectAsync(harness.Request("openai", Harness.Say("hello")))).Text());
        }
    }

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"slow down\",\"type\":\"rate_limit\",\"code\":429}}\n\n", "slow down", "429", 429, true)]
    [InlineData("data: {\"error\":{\"message\":\"too long\",\"code\":400}}\n\n", "too long", "400", 400, false)]
    [InlineData("data: {\"error\":\"plain\"}\n\n", "plain", null, null, true)]
    [InlineData("event: error\ndata: {\"message\":\"named\"}\n\n", "named", null, null, true)]
    [InlineData("data: {\"object\":\"error\",\"message\":\"CUDA OOM\",\"type\":\"InternalServerError\",\"param\":null,\"code\":500}\n\ndata: [DONE]\n\n", "CUDA OOM", "500", 500, true)]
    [InlineData("data: {\"text\":\"**NETWORK ERROR**\",\"error_code\":50001}\n\ndata: [DONE]\n\n", "**NETWORK ERROR**", "50001", null, true)]
    [InlineData("error: {\"code\":500,\"message\":\"slot lost\",\"type\":\"server_error\"}\n\n", "slot lost", "500", 500, true)]
    public async Task ErrorEvents_KeepTheUpstreamsMessage(string body, string message, string? code, int? status, bool retryable)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(body);

        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("hello")));

        Assert.Equal((FailureKind.ErrorEvent, message, code, status, retryable), (failure.Kind, failure.Message, failure.Code, failure.Status, failure.Retryable));
    }

    [Theory]
    [InlineData("data: [DONE]\n\n", FailureKind.Truncated)]
    [InlineData("", FailureKind.Truncated)]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\ndata: {\"cho", FailureKind.Truncated)]
    [InlineData("data: [1]\n\n", FailureKind.Garbled)]
    [InlineData("data: {\"choices\":5}\n\n", FailureKind.Garbled)]
    [InlineData("data: {\"choices\":[5]}\n\n", FailureKind.Garbled)]
    [InlineData("data: {}{}\n\n", FailureKind.Garbled)]
    public async Task BrokenStreams_FailWithTheMatchingKind(string body, FailureKind expected)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(body);

        Assert.Equal(expected, (await harness.FailAsync(harness.Request("openai", Harness.Say("hello")))).Failure.Kind);
    }

    [Fact]
    public async Task SeveralChoices_AllMustFinish()
    {
        await using var harness = await Harness.StartAsync();
        const string two = """data: {"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}""" + "\n\n";
        harness.AnswerRaw(two + """data: {"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}""" + "\n\n");

        Assert.Equal(FailureKind.Truncated, (await harness.FailAsync(harness.Request("openai", Harness.Say("hello")))).Failure.Kind);
    }

    [Fact]
    public async Task TheLastOfManyChoices_EndsAsItBegan()
    {
        static string Choice(int index, string delta) => Head + $$"""[{"index":{{index}},"delta":{{delta}},"finish_reason":null}]}""";
        var chunks = await AnswerAsync([.. Enumerable.Range(0, 128).Select(index => Choice(index, """{"content":"x"}""")),
            Choice(127, """{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"""), Stop]);

        // One had its end, the others are given theirs.
        var ends = chunks.Skip(130).Select(chunk => chunk.Json().GetProperty("choices")[0])
            .Select(choice => (choice.GetProperty("index").GetInt32(), choice.GetProperty("finish_reason").GetString()!));
        Assert.Equal(Enumerable.Range(1, 127).Select(index => (index, index == 127 ? "tool_calls" : "stop")), ends);
    }

    [Fact]
    public async Task APictureInOneEvent_ArrivesWhole()
    {
        var picture = new string('A', 3_000_000);
        var chunks = await AnswerAsync(Head + $$$"""[{"index":0,"delta":{"content":"","images":[{"type":"image_url","image_url":{"url":"{{{picture}}}"}}]}}]}""", Stop);

        Assert.Equal(picture.Length, chunks[0].Json().GetProperty("choices")[0].GetProperty("delta").GetProperty("images")[0]
            .GetProperty("image_url").GetProperty("url").GetString()!.Length);
    }

    [Theory]
    [InlineData("""[{"index":0,"delta":{"role":"assistant","content":"x"},"finish_reason":""}]}""", """[{"index":0,"delta":{"role":"assistant","content":"x"},"finish_reason":null}]}""")]
    [InlineData("""[{"finish_reason":"","index":0,"delta":{"role":"assistant","content":"x"}}]}""", """[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":"x"}}]}""")]
    public async Task AnEmptyFinishReason_IsNone(string choices, string expected)
    {
        var chunks = await AnswerAsync(Head + choices, Head + choices.Replace("\"x\"", "\"y\"", StringComparison.Ordinal), Stop);

        expected = (Head + expected).Replace("gpt-x", "public", StringComparison.Ordinal);
        Assert.Equal([expected, expected.Replace("\"x\"", "\"y\"", StringComparison.Ordinal)], chunks.Take(2).Select(chunk => chunk.Raw()));
        Assert.Equal([null, null, "stop"], chunks.Select(chunk => chunk.FinishReason));
    }

    [Fact]
    public async Task AStreamThatBreaksAfterEmptyFinishReasons_IsCut()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw("data: " + Head + """[{"index":0,"delta":{"content":"x"},"finish_reason":""}]}""" + "\n\n");

        Assert.Equal(FailureKind.Truncated, (await harness.FailAsync(harness.Request("openai", Harness.Say("hello")))).Failure.Kind);
    }

    private static string Calls(string pieces) => Head + """[{"index":0,"delta":{"role":"assistant","tool_calls":[""" + pieces + """]},"finish_reason":null}]}""";

    private static IEnumerable<JsonElement> CallsIn(UpstreamChunk chunk) =>
        chunk.Json().GetProperty("choices")[0].GetProperty("delta").GetProperty("tool_calls").EnumerateArray();

    private static string Sse(params string[] chunks) => string.Concat(chunks.Select(chunk => $"data: {chunk}\n\n")) + "data: [DONE]\n\n";

    private static Task<List<UpstreamChunk>> AnswerAsync(params string[] sent) => AnswerAsync(wantsUsage: false, sent);

    private static async Task<List<UpstreamChunk>> AnswerAsync(bool wantsUsage, params string[] sent)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(Sse(sent));
        return await harness.CollectAsync(harness.Request("openai", Harness.Say("hello")) with { ClientWantsUsage = wantsUsage });
    }
}
