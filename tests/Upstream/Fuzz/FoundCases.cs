using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Fuzz;

/// <summary>Answers that <c>bench -- fuzz</c> has found to end in an exception that was no <see cref="UpstreamException"/>, or to spoil the client's stream.</summary>
public sealed class FoundCases
{
    private const string Chunk = """{"id":"c","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}""";

    [Theory]
    [InlineData("openai", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"\\ud800bs\":null}]}\n\ndata: [DONE]\n\n", "text/event-stream")]
    [InlineData("openai", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\",\"x\\udfff\":1},\"finish_reason\":\"stop\"}]}\n\n", "text/event-stream")]
    [InlineData("openai", "{\"choices\":[{\"index\":0,\"message\":{\"\\ud800\":\"Hi\"},\"finish_reason\":\"stop\"}]}", "application/json")]
    [InlineData("openai", "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],\"\\ud800\":1}", "application/json")]
    [InlineData("gemini", "data: {\"candidates\":[{\"content\":{},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"th\\ud800ughtsTokenCount\":12}}\n\n", "text/event-stream")]
    public async Task WhatCannotBeRead_IsGarbled(string provider, string body, string type)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(body, type);
        var (failure, _) = await harness.FailAsync(harness.Request(provider, Harness.Say("x")));
        Assert.Equal(FailureKind.Garbled, failure.Kind);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("1.5")]
    [InlineData("1e400")]
    public async Task ACountThatIsNone_IsEstimated(string count)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(
            $$$"""data: {"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":{{{count}}},"totalTokenCount":4}}""" + "\n\n", "text/event-stream");
        var chunks = await harness.CollectAsync(harness.Request("gemini", Harness.Say("x")));
        Assert.Equal("Hi", chunks.Text());
        Assert.True(harness.Report.Usage!.Value.Estimated);
    }

    [Fact]
    public async Task AnEventOnSeveralLines_GoesOnInOne()
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw(string.Concat(Chunk.Replace(",", ",\n", StringComparison.Ordinal).Split('\n').Select(line => $"data: {line}\n")) + "\ndata: [DONE]\n\n", "text/event-stream");
        var chunks = await harness.CollectAsync(harness.Request("openai", Harness.Say("x")));
        Assert.Equal("Hi", chunks.Text());
        Assert.All(chunks, chunk => Assert.DoesNotContain('\n', chunk.Raw()));
    }

    [Theory]
    [InlineData("""{"error":"\ud800"}""")]
    [InlineData("""{"error":{"message":"x","\ud800":1,"code":"\udfff"}}""")]
    [InlineData("""{"\ud800":{}}""")]
    public async Task AnErrorThatCannotBeRead_IsStillAnErrorWithItsStatus(string body)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 422, Body = body });
        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("x")));
        Assert.Equal((FailureKind.Status, 422), (failure.Kind, failure.Status));
        Assert.NotEmpty(failure.Message);
    }

    [Theory]
    [InlineData("9223372036854775807", 1_000_000_000)]
    [InlineData("-5", 0)]
    public async Task ACountThatNobodyCanBelieve_IsBounded(string count, long taken)
    {
        await using var harness = await Harness.StartAsync();
        harness.AnswerRaw($"data: {Chunk}\n\ndata: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":{count},\"completion_tokens\":{count},\"total_tokens\":3}}}}\n\ndata: [DONE]\n\n", "text/event-stream");
        await harness.CollectAsync(harness.Request("openai", Harness.Say("x")));
        Assert.Equal((taken, taken), (harness.Report.Usage!.Value.Prompt, harness.Report.Usage.Value.Completion));
    }

    [Theory]
    [InlineData("\\ud800", "\ufffd")]
    [InlineData("a\\udc00\\ud83d\\ude00", "a\ufffd\ud83d\ude00")]
    [InlineData("\\\\ud800", "\\ud800")]
    public async Task HalfACharacterThatIsLeft_IsReplacedInAWholeAnswer(string said, string text)
    {
        await using var harness = await Harness.StartAsync();
        var tiered = Chunk.Replace("\"model\"", $"\"service_tier\":\"{said}\",\"model\"", StringComparison.Ordinal);
        harness.AnswerRaw($"data: {tiered}\n\ndata: [DONE]\n\n", "text/event-stream");
        var chunks = await harness.CollectAsync(harness.Request("openai", Harness.Say("x")));
        Assert.Equal(text, chunks.Gather().GetProperty("service_tier").GetString());
    }
}
