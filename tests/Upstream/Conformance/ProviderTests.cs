using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Conformance;

/// <summary>What holds for every dialect alike: one question in OpenAI's words, one answer in OpenAI's words.</summary>
public sealed class ProviderTests
{
    private const string Thinker = "qwen3:think";
    private const string Weather = """{"type":"function","function":{"name":"get_weather","description":"d","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}}}""";

    /// <summary>One of every wire.</summary>
    public static TheoryData<string> Providers => ["ollama", "openai", "azure", "openai/responses", "anthropic", "gemini", "vertex_ai", "vertex_ai/claude", "vertex_ai/openai", "azure_ai", "bedrock"];

    [Fact]
    public void EveryWireIsCovered() => Assert.Equal(
        Enum.GetValues<UpstreamWire>().Order(), Providers.Select(p => UpstreamProviders.Find(p.Data).Wire).Order());

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Text_ArrivesRoleFirstWithFinishReasonAndUsage(string provider)
    {
        await using var harness = await Harness.StartAsync();

        var chunks = await harness.CollectAsync(harness.Request(provider, """{"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"say hé 😀"}]}""") with { ClientWantsUsage = true });

        Assert.Equal("assistant", chunks[0].Json().GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.All(chunks, chunk => Assert.Equal(("public", "chat.completion.chunk"), (chunk.Json().GetProperty("model").GetString(), chunk.Json().GetProperty("object").GetString())));
        Assert.Single(chunks.Select(chunk => chunk.Json().GetProperty("id").GetString()).Distinct());
        Assert.Equal("This is a simulated answer from qwen2.5:0.5b to: say hé 😀", chunks.Text());
        Assert.Equal("stop", Assert.Single(chunks, chunk => chunk.FinishReason is not null).FinishReason);
        Assert.Equal(new UpstreamUsage(5, 11, 16, Estimated: false), harness.Report.Usage);
        Assert.True(chunks[^1].IsUsageOnly);
        Assert.Equal(16, chunks[^1].Json().GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Empty(harness.Report.DroppedParameters);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AToolCall_AndItsResult_MakeTheRoundTrip(string provider)
    {
        await using var harness = await Harness.StartAsync();
        var first = $$"""{"messages":[{"role":"user","content":"call get_weather für 😀"}],"tools":[{{Weather}}],"tool_choice":"auto"}""";

        var chunks = await harness.CollectAsync(harness.Request(provider, first));

        Assert.Equal("tool_calls", chunks[^1].FinishReason);
        var message = chunks.Gather().Message();
        var call = Assert.Single(message.GetProperty("tool_calls").EnumerateArray());
        Assert.Equal(("function", "get_weather"), (call.GetProperty("type").GetString(), call.GetProperty("function").GetProperty("name").GetString()));
        using var arguments = JsonDocument.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!);
        Assert.Equal("call get_weather für 😀", arguments.RootElement.GetProperty("city").GetString());

        var id = call.GetProperty("id").GetString();
        var second = $$"""{"messages":[{"role":"user","content":"call get_weather"},{{message.GetRawText()}},{"role":"tool","tool_call_id":"{{id}}","content":"{\"degrees\":21}"}],"tools":[{{Weather}}]}""";
        var answer = await harness.CollectAsync(harness.Request(provider, second));

        Assert.StartsWith("This is a simulated answer", answer.Text(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Thoughts_ArriveAsReasoningContent(string provider)
    {
        await using var harness = await Harness.StartAsync();

        // There they are told to whoever asks for them.
        var more = provider == "openai/responses" ? ""","reasoning":{"summary":"auto"}""" : "";

        var chunks = await harness.CollectAsync(harness.Request(provider, Harness.Say("why", ""","reasoning_effort":"low" """ + more)) with { Model = Thinker });

        Assert.Equal("A simulated thought about: why", chunks.Text("reasoning_content"));
        Assert.EndsWith("to: why", chunks.Text(), StringComparison.Ordinal);
        Assert.Equal("A simulated thought about: why", chunks.Gather().Message().GetProperty("reasoning_content").GetString());
    }

    /// <summary>LiteLLM's form of it.</summary>
    [Theory]
    [InlineData("ollama")]
    [InlineData("openai/responses")]
    [InlineData("anthropic")]
    [InlineData("gemini")]
    [InlineData("bedrock")]
    public async Task AnEffortWithASummary_IsAnEffort(string provider)
    {
        await using var harness = await Harness.StartAsync();

        var chunks = await harness.CollectAsync(harness.Request(provider, Harness.Say("why", ""","reasoning_effort":{"effort":"low","summary":"auto"}""")) with { Model = Thinker });

        Assert.Equal("A simulated thought about: why", chunks.Text("reasoning_content"));
        Assert.Equal("reasoning_effort", (await harness.FailAsync(harness.Request(provider, Harness.Say("why", ""","reasoning_effort":{"effort":5}""")))).Failure.Param);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AnImage_IsTaken(string provider)
    {
        await using var harness = await Harness.StartAsync();

        var chunks = await harness.CollectAsync(harness.Request(provider, """{"messages":[{"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}]}"""));

        Assert.EndsWith("to: what?", chunks.Text(), StringComparison.Ordinal);
        Assert.Contains("aGk=", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task HalfASurrogatePair_IsPassedOnOrRefused(string provider)
    {
        await using var harness = await Harness.StartAsync();
        foreach (var message in new[] { """{"role":"user","content":"a\ud83d"}""", """{"role":"user","content":"a","name":"\ud83d"}""" })
        {
            try
            {
                await harness.CollectAsync(harness.Request(provider, "{\"messages\":[" + message + "]}"));
            }
            catch (UpstreamException refused)
            {
                Assert.InRange(refused.Failure.Status ?? 0, 400, 500);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task ASchema_ShapesTheAnswer(string provider)
    {
        await using var harness = await Harness.StartAsync();

        var chunks = await harness.CollectAsync(harness.Request(provider, Harness.Say(
            "go", ""","response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}""")));

        Assert.Equal("""{"n":1}""", chunks.Text());
        Assert.Equal("stop", chunks[^1].FinishReason);
    }

    /// <summary>The ways of LiteLLM, and of llama.cpp and Together.</summary>
    [Theory]
    [InlineData("ollama", "response_schema")]
    [InlineData("openai/responses", "response_schema")]
    [InlineData("anthropic", "response_schema")]
    [InlineData("gemini", "response_schema")]
    [InlineData("vertex_ai", "response_schema")]
    [InlineData("bedrock", "response_schema")]
    [InlineData("ollama", "schema")]
    [InlineData("openai/responses", "schema")]
    [InlineData("anthropic", "schema")]
    [InlineData("gemini", "schema")]
    [InlineData("vertex_ai", "schema")]
    [InlineData("bedrock", "schema")]
    public async Task ASchemaBesideJsonObject_ShapesTheAnswerToo(string provider, string name)
    {
        await using var harness = await Harness.StartAsync();
        var format = ""","response_format":{"type":"json_object","NAME":{"type":"object","properties":{"n":{"type":"integer"}}}}""".Replace("NAME", name, StringComparison.Ordinal);

        Assert.Equal("""{"n":1}""", (await harness.CollectAsync(harness.Request(provider, Harness.Say("go", format)))).Text());

        var wrong = format.Replace("""{"type":"object","properties":{"n":{"type":"integer"}}}""", "5", StringComparison.Ordinal);
        Assert.Equal("response_format." + name, (await harness.FailAsync(harness.Request(provider, Harness.Say("go", wrong)))).Failure.Param);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task ALimit_EndsTheAnswerWithLength(string provider)
    {
        await using var harness = await Harness.StartAsync();

        var chunks = await harness.CollectAsync(harness.Request(provider, Harness.Say(string.Join(' ', Enumerable.Range(1, 20)), ""","max_completion_tokens":16""")));

        Assert.Equal("This is a simulated answer from qwen2.5:0.5b to: 1 2 3 4 5 6 7 8", chunks.Text());
        Assert.Equal("length", chunks[^1].FinishReason);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AWholeAnswer_InsteadOfAStream_IsRetold(string provider)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.PlainJson, Count = 2 });

        var text = await harness.CollectAsync(harness.Request(provider, Harness.Say("hé")));
        var tool = await harness.CollectAsync(harness.Request(provider, Harness.Say("call get_weather", $",\"tools\":[{Weather}]")));

        Assert.EndsWith("to: hé", text.Text(), StringComparison.Ordinal);
        Assert.Equal("stop", text[^1].FinishReason);
        Assert.Equal("tool_calls", tool[^1].FinishReason);
        Assert.Contains("get_weather", tool.Gather().Message().GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task ARefusal_KeepsStatusWordsAndPatience(string provider)
    {
        await using var harness = await Harness.StartAsync();
        var (unknown, _) = await harness.FailAsync(harness.Request(provider, Harness.Say("x")) with { Model = "nobody" });
        Assert.Equal((FailureKind.Status, 404), (unknown.Kind, unknown.Status));
        Assert.Contains("nobody", unknown.Message, StringComparison.Ordinal);

        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 429, Body = "{\"error\":{\"message\":\"slow down\"}}", Headers = new Dictionary<string, string> { ["retry-after"] = "7" } });
        var (busy, _) = await harness.FailAsync(harness.Request(provider, Harness.Say("x")));

        Assert.Equal((429, "slow down", TimeSpan.FromSeconds(7), true), (busy.Status, busy.Message, busy.RetryAfter, busy.Retryable));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task BrokenStreams_FailAfterWhatHadArrived(string provider)
    {
        foreach (var (kind, expected) in new[]
        {
            (FaultKind.ErrorEvent, FailureKind.ErrorEvent), (FaultKind.Truncate, FailureKind.Truncated), (FaultKind.Garbage, FailureKind.Garbled),
            (FaultKind.GarbledJson, FailureKind.Garbled), (FaultKind.ResetMidStream, FailureKind.ConnectionLost), (FaultKind.CloseMidStream, FailureKind.ConnectionLost),
        })
        {
            await using var harness = await Harness.StartAsync();
            harness.Server.Faults.Add(new Fault { Kind = kind, AfterTokens = 3 });

            var (failure, before) = await harness.FailAsync(harness.Request(provider, Harness.Say("x")));

            Assert.Equal((kind, expected), (kind, failure.Kind));
            Assert.Equal(!before.Exists(chunk => chunk.HasPayload), failure.BeforeFirstToken);
            // A reset may overtake what was sent before it.
            if (kind == FaultKind.ResetMidStream) Assert.StartsWith(before.Text(), "This is a", StringComparison.Ordinal);
            else Assert.Equal("This is a", before.Text());
            Assert.NotNull(harness.Report.Usage);
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task WithoutAnEnd_AnAnswerIsCut(string provider)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.MissingFinishReason });

        if (!UpstreamProviders.Find(provider).IsTranslated) return; // [DONE] is an end there, and tested beside the dialect.
        var (failure, _) = await harness.FailAsync(harness.Request(provider, Harness.Say("x")));

        Assert.Equal(FailureKind.Truncated, failure.Kind);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task WithoutUsage_ItIsEstimatedAndSaidSo(string provider)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.OmitUsage });

        await harness.CollectAsync(harness.Request(provider, Harness.Say("hello")));

        Assert.True(harness.Report.Usage!.Value.Estimated);
        Assert.InRange(harness.Report.Usage!.Value.Completion, 5, 40);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task ALeavingClient_EndsTheInference(string provider)
    {
        await using var harness = await Harness.StartAsync(new SimulatorOptions { Models = [Harness.Model], TimePerToken = TimeSpan.FromMilliseconds(20), Tokens = 10_000 });
        using var leave = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var chunk in harness.Stream(harness.Request(provider, Harness.Say("x")), leave.Token))
            {
                if (chunk.HasPayload) await leave.CancelAsync();
            }
        });

        await Eventually.HappensAsync(() => harness.Server.Stats.Cancelled == 1, "the inference is cancelled");
    }
}
