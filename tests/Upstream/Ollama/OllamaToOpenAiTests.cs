using System.Text.Json;
using OrleansLlm.Providers;

namespace OrleansLlm.Upstream.Ollama;

public sealed class OllamaToOpenAiTests
{
    private const string Head = """{"id":"chatcmpl-test","object":"chat.completion.chunk","created":1700000000,"model":"public","choices":[{"index":0,"delta":""";
    private const string Open = ""","logprobs":null,"finish_reason":null}]}""";

    [Fact]
    public async Task Lines_BecomeChunksRoleFirst()
    {
        var (chunks, report) = await AnswerAsync(
            """{"model":"m","message":{"role":"assistant","content":"h\u00e9 \"x\""},"done":false}""",
            """{"model":"m","message":{"role":"assistant","content":"","thinking":"hm"},"done":false}""",
            """{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","load_duration":1500000000,"prompt_eval_count":3,"eval_count":4}""");

        Assert.Equal(
            [
                Head + """{"role":"assistant","content":"","refusal":null}""" + Open,
                Head + """{"content":"h\u00e9 \"x\""}""" + Open,
                Head + """{"reasoning_content":"hm"}""" + Open,
                Head + """{},"logprobs":null,"finish_reason":"length"}]}""",
            ],
            chunks.Select(chunk => chunk.Raw()));
        Assert.Equal([false, true, true, false], chunks.Select(chunk => chunk.HasPayload));
        Assert.Equal(new UpstreamUsage(3, 4, 7, Estimated: false), report.Usage);
        Assert.Equal(TimeSpan.FromSeconds(1.5), report.LoadDuration);
    }

    [Fact]
    public async Task ToolCalls_GetIndexesIdsAndStringArguments()
    {
        var (chunks, _) = await AnswerAsync(
            """{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":"é \"q\""}}},{"id":"call_own","function":{"name":"g","arguments":{}}}]},"done":false}""",
            """{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"index":0,"name":"h","arguments":{"b":1}}}]},"done":false}""",
            """{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}""");

        Assert.Equal("tool_calls", chunks[^1].FinishReason);
        var calls = chunks.Gather().Message().GetProperty("tool_calls").EnumerateArray().Select(call => (
            call.GetProperty("id").GetString(), call.GetProperty("function").GetProperty("name").GetString(),
            call.GetProperty("function").GetProperty("arguments").GetString()));
        Assert.Equal(
            [("call_test_0", "f", """{"a":"é \"q\""}"""), ("call_own", "g", "{}"), ("call_test_2", "h", """{"b":1}""")], calls);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"arguments\":null")]
    [InlineData(",\"arguments\":{}")]
    [InlineData(",\"arguments\":\"{}\"")]
    public async Task ACallWithoutArguments_HasAnEmptyObjectOfThem(string arguments)
    {
        var (chunks, _) = await AnswerAsync("{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\"" + arguments + "}}]},\"done\":true}");

        Assert.Equal("{}", chunks.Gather().Message().GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
    }

    [Fact]
    public async Task Logprobs_GetTheShapeTheSchemaWants()
    {
        var (chunks, _) = await AnswerAsync(
            """{"message":{"content":"a"},"logprobs":[{"token":"a","logprob":-0.1,"top_logprobs":[{"token":"b","logprob":-2}]}],"done":false}""",
            """{"message":{"content":""},"done":true,"done_reason":"stop"}""");

        Assert.Contains(
            """{"logprobs":{"content":[{"token":"a","logprob":-0.1,"bytes":null,"top_logprobs":[{"token":"b","logprob":-2,"bytes":null}]}],"refusal":null}}"""[1..^1],
            chunks[1].Raw(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""","eval_count":2""", 900, 2, true)]
    [InlineData(""","prompt_eval_count":0,"eval_count":2""", 900, 2, true)]
    [InlineData(""","prompt_eval_count":3,"eval_count":2""", 3, 2, false)]
    [InlineData(""","prompt_eval_count":3""", 3, 1, true)]
    [InlineData("", 900, 1, true)]
    public async Task ACountThatIsLeftOut_IsEstimatedAndTheOtherIsAsItIsTold(string counts, long prompt, long answer, bool estimated)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw("""{"message":{"content":"x"},"done":true,"done_reason":"stop" """ + counts + "}");

        var chunks = await harness.CollectAsync(harness.Request("ollama", Harness.Say("hello")) with { ClientWantsUsage = true, PromptTokens = 900 });

        Assert.Equal(new UpstreamUsage(prompt, answer, prompt + answer, estimated), harness.Report.Usage);
        Assert.Equal(
            $$$"""{"id":"chatcmpl-test","object":"chat.completion.chunk","created":1700000000,"model":"public","choices":[],"usage":{"prompt_tokens":{{{prompt}}},"completion_tokens":{{{answer}}},"total_tokens":{{{prompt + answer}}}}}""",
            chunks[^1].Raw());
        Assert.All(chunks.SkipLast(1), chunk => Assert.EndsWith(",\"usage\":null}", chunk.Raw(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(UpstreamOperation.Chat, """{"message":{"content":""},"done":true,"prompt_eval_count":3}""")]
    [InlineData(UpstreamOperation.Completion, """{"response":"","done":true,"prompt_eval_count":3}""")]
    public async Task AnAnswerOfNothing_HasNoTokensAndThatIsNoGuess(UpstreamOperation operation, string line)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(line);

        await harness.CollectAsync(harness.Request("ollama", operation == UpstreamOperation.Chat ? Harness.Say("hello") : """{"prompt":"hello"}""") with { Operation = operation });

        Assert.Equal(new UpstreamUsage(3, 0, 3, Estimated: false), harness.Report.Usage);
    }

    [Fact]
    public async Task ACompletionWithoutAPromptsCount_IsEstimatedToo()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw("""{"response":"x","done":true,"eval_count":5}""");

        await harness.CollectAsync(harness.Request("ollama", """{"prompt":"hello"}""") with { Operation = UpstreamOperation.Completion, PromptTokens = 900 });

        Assert.Equal(new UpstreamUsage(900, 5, 905, Estimated: true), harness.Report.Usage);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\uFEFF")]
    public async Task Lines_MayEndInCrLfAndStartWithABom(string start)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(start + "{\"message\":{\"content\":\"x\"}}\r\n\r\n{\"done\":true}", null, 1);

        Assert.Equal("x", (await harness.CollectAsync(harness.Request("ollama", Harness.Say("hello")))).Text());
    }

    [Theory]
    [InlineData("[]\n", FailureKind.Garbled)]
    [InlineData("{\"message\":{\"content\":\"x\"}}\n", FailureKind.Truncated)]
    [InlineData("{\"message\":{\"content\":\"x\"}}\n{\"mess", FailureKind.Truncated)]
    [InlineData("{\"message\":{\"tool_calls\":[5]}}\n", FailureKind.Garbled)]
    [InlineData("{\"message\":{\"content\":\"x\"}}\n{\"error\":\"oops\"}\n", FailureKind.ErrorEvent)]
    [InlineData("", FailureKind.Truncated)]
    public async Task BrokenStreams_FailWithTheMatchingKind(string body, FailureKind expected)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(body);

        Assert.Equal(expected, (await harness.FailAsync(harness.Request("ollama", Harness.Say("hello")))).Failure.Kind);
    }

    [Fact]
    public async Task WholeCall_WithToolsThinkingAndSchema_WorksAgainstTheServersRules()
    {
        await using var harness = await Harness.StartAsync();
        const string tools = ""","tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}],"reasoning_effort":"low" """;

        var chunks = await harness.CollectAsync(harness.Request("ollama", Harness.Say("call get_weather für 😀", tools)) with { Model = "qwen3:think" });

        var message = chunks.Gather().Message();
        Assert.StartsWith("A simulated thought", message.GetProperty("reasoning_content").GetString(), StringComparison.Ordinal);
        using var arguments = JsonDocument.Parse(message.GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString()!);
        Assert.Equal("call get_weather für 😀", arguments.RootElement.GetProperty("city").GetString());
        Assert.Equal(JsonValueKind.Null, message.GetProperty("content").ValueKind);
    }

    private static async Task<(List<UpstreamChunk> Chunks, UpstreamReport Report)> AnswerAsync(params string[] lines)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(string.Join('\n', lines) + "\n");
        return (await harness.CollectAsync(harness.Request("ollama", Harness.Say("hello"))), harness.Report);
    }
}
