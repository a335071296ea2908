using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Operations;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("ollama")]
    [InlineData("openai")]
    public async Task Completion_YieldsTextCompletionChunksAndUsage(string provider)
    {
        await using var harness = await Harness.StartAsync();

        var chunks = await harness.CollectAsync(Ask(harness, provider, """{"prompt":"say hé","max_tokens":50}""") with { ClientWantsUsage = true });

        Assert.All(chunks, chunk => Assert.Equal("text_completion", chunk.Json().GetProperty("object").GetString()));
        Assert.All(chunks, chunk => Assert.Equal("public", chunk.Json().GetProperty("model").GetString()));
        var text = string.Concat(chunks.SelectMany(chunk => chunk.Json().GetProperty("choices").EnumerateArray()).Select(choice => choice.GetProperty("text").GetString()));
        Assert.Equal("This is a simulated answer from qwen2.5:0.5b to: say hé", text);
        Assert.Equal("stop", chunks.Last(chunk => chunk.FinishReason is not null).FinishReason);
        Assert.True(chunks[^1].IsUsageOnly);
        Assert.Equal(2, harness.Report.Usage!.Value.Prompt);

        var whole = chunks.Gather();
        Assert.Equal("text_completion", whole.GetProperty("object").GetString());
        Assert.Equal(text, whole.GetProperty("choices")[0].GetProperty("text").GetString());
        Assert.False(whole.GetProperty("choices")[0].TryGetProperty("message", out _));
        Assert.Equal("stop", whole.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData(FaultKind.PlainJson)]
    [InlineData(FaultKind.MissingFinishReason)]
    public async Task OpenAiCompletion_ToldInOneOrWithoutAnEnd_IsStillAStream(FaultKind kind)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = kind });

        var chunks = await harness.CollectAsync(Ask(harness, "openai", """{"prompt":"one","max_tokens":50}"""));

        Assert.Equal("stop", chunks[^1].FinishReason);
        Assert.EndsWith("to: one", chunks.Gather().GetProperty("choices")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OllamaCompletion_SaysPromptSuffixAndOptions()
    {
        await using var harness = await Harness.StartAsync();
        var request = Ask(harness, "ollama", """{"prompt":["def f("],"suffix":"return x","max_tokens":9,"stop":"x","echo":true,"raw":true,"logprobs":2}""");

        await harness.CollectAsync(request);

        var body = JsonDocument.Parse(harness.Server.Stats.Bodies[^1]).RootElement;
        Assert.Equal(("def f(", "return x"), (body.GetProperty("prompt").GetString(), body.GetProperty("suffix").GetString()));
        Assert.True(body.GetProperty("raw").GetBoolean());
        Assert.Equal(9, body.GetProperty("options").GetProperty("num_predict").GetInt32());
        Assert.Equal((true, 2), (body.GetProperty("logprobs").GetBoolean(), body.GetProperty("top_logprobs").GetInt32()));
        Assert.Equal(["echo"], harness.Report.DroppedParameters);
    }

    [Theory]
    [InlineData("""{"token":null,"logprob":-1}""")]
    [InlineData("""{"logprob":-1}""")]
    [InlineData("""{"token":"a"}""")]
    [InlineData("""{"token":"a","logprob":null}""")]
    [InlineData("""{"token":"a","logprob":-1,"top_logprobs":[{"token":null,"logprob":-1}]}""")]
    [InlineData("""{"token":"a","logprob":-1,"top_logprobs":[{"token":"b"}]}""")]
    [InlineData("1")]
    public async Task OllamaCompletion_WithLogprobsThatCannotBeTold_IsTheServicesFault(string entry)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw($"{{\"response\":\"a\",\"logprobs\":[{entry}],\"done\":false}}\n{{\"response\":\"\",\"done\":true}}");

        var (failure, _) = await harness.FailAsync(Ask(harness, "ollama", """{"prompt":"p","logprobs":2}"""));

        Assert.Equal((FailureKind.Garbled, true), (failure.Kind, failure.Retryable));
    }

    [Fact]
    public async Task OllamaCompletion_TellsLogprobsInTheListsOfACompletion()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(
            """{"response":"h\u00e9","logprobs":[{"token":"h\u00e9","logprob":-0.5,"top_logprobs":[{"token":"h\u00e9","logprob":-0.5},{"token":"x","logprob":-2},{"token":"x","logprob":-3}]}],"done":false}"""
            + "\n" + """{"response":"!","logprobs":[{"token":"!","logprob":-1}],"done":false}""" + "\n" + """{"response":"","done":true}""");

        var chunks = await harness.CollectAsync(Ask(harness, "ollama", """{"prompt":"p","logprobs":2}"""));

        Assert.Equal(
            """{"tokens":["hé","!"],"token_logprobs":[-0.5,-1],"top_logprobs":[{"hé":-0.5,"x":-2},{}],"text_offset":[0,2]}""",
            chunks.Gather().GetProperty("choices")[0].GetProperty("logprobs").GetRawText());
    }

    [Theory]
    [InlineData("""{"prompt":["a","b"]}""")]
    [InlineData("""{"prompt":[1,2,3]}""")]
    [InlineData("{}")]
    public async Task OllamaCompletion_OfSeveralPromptsOrTokens_IsTheCallersFault(string body)
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(Ask(harness, "ollama", body));

        Assert.True(failure.CallerFault);
        Assert.Equal("prompt", failure.Param);
    }

    private static UpstreamRequest Ask(Harness harness, string provider, string body) =>
        harness.Request(provider, body) with { Operation = UpstreamOperation.Completion };
}
