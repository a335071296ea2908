using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Telemetry;

/// <summary>The callbacks of the third known set-up, from its file to their receivers.</summary>
public class CallbackTests
{
    [Fact]
    public async Task LangfuseHearsOfSuccesses_SentryOfFailures_AndNeitherOfPrompts()
    {
        await using var langfuse = await Receiver.StartAsync();
        await using var sentry = await Receiver.StartAsync();
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Config(ollama, langfuse.Address, sentry.Address));
        var asked = TestGateway.Chat("m", "a secret question", stream: true).Replace("{\"model\"", "{\"metadata\":{\"session_id\":\"s1\",\"tags\":[\"a\",5]},\"model\"", StringComparison.Ordinal);
        var served = await gateway.PostAsync(asked);
        await served.Content.ReadAsStringAsync();
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Body = "the answer to a secret question" });
        var failed = await gateway.PostAsync(TestGateway.Chat("m", "a secret question"));
        Assert.Equal(500, (int)failed.StatusCode);
        await Eventually.UntilAsync(() => langfuse.Requests.Count > 0 && sentry.Requests.Count > 0, "both have heard");

        var batch = JsonDocument.Parse(langfuse.Requests.Single().Text).RootElement.GetProperty("batch").EnumerateArray().ToList();
        Assert.StartsWith(served.Headers.GetValues("x-request-id").Single(), batch[0].GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal(("s1", "a"), (batch[0].GetProperty("body").GetProperty("sessionId").GetString(), batch[0].GetProperty("body").GetProperty("tags").EnumerateArray().Single().GetString()));
        Assert.Equal(5, batch[1].GetProperty("body").GetProperty("usageDetails").GetProperty("output").GetInt32());
        var envelope = sentry.Requests.Single();
        Assert.Equal("/api/42/envelope/", envelope.Path);
        Assert.Contains(failed.Headers.GetValues("x-request-id").Single()["req-".Length..], envelope.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", langfuse.Requests.Single().Text + envelope.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PromptsAndAnswers_AreToldWhereThatIsSwitchedOn_ButNeverLogged(bool stream)
    {
        var logs = new CapturedLogs();
        await using var langfuse = await Receiver.StartAsync();
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(
            Config(ollama, langfuse.Address, langfuse.Address).Replace("telemetry: {", "telemetry: {capture_messages: true, ", StringComparison.Ordinal), logs: logs);
        var answer = await (await gateway.PostAsync(TestGateway.Chat("m", "a secret question", stream))).Content.ReadAsStringAsync();
        await Eventually.UntilAsync(() => langfuse.Requests.Count > 0 && logs.Of("Request").Count > 0, "it is told and logged");
        var body = JsonDocument.Parse(langfuse.Requests[0].Text).RootElement.GetProperty("batch")[1].GetProperty("body");
        Assert.Equal("a secret question", body.GetProperty("input")[0].GetProperty("content").GetString());
        var output = body.GetProperty("output").GetString()!;
        if (stream) Assert.NotEmpty(output);
        else Assert.Equal(JsonDocument.Parse(answer).RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(), output);
        Assert.DoesNotContain("secret", logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReceiversThatHangOrAreAway_CostNoRequestAnything()
    {
        await using var langfuse = await Receiver.StartAsync();
        var never = new TaskCompletionSource<IResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        langfuse.Answer = _ => never.Task;
        await using var ollama = await Setup.OllamaAsync();
        await using (var gateway = await TestGateway.StartAsync(Config(ollama, langfuse.Address, Ports.Nobodys())))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => gateway.PostAsync(TestGateway.Chat("m", "x", stream: i % 2 == 0))));
            Assert.All(answers, a => Assert.Equal(200, (int)a.StatusCode));
            ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500 });
            Assert.Equal(500, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
            // Of 60 at most a batch is under way, and a queue of three waits.
            var shown = await gateway.MetricsUntilAsync(
                m => m["litellm_callback_logging_failures_metric_total", ("callback_name", "sentry")] > 0 && m["orleansllm_callback_events_total", ("callback_name", "langfuse"), ("result", "dropped")] >= 55,
                "what could not be told is counted");
            Assert.InRange(shown["orleansllm_callback_queue", ("callback_name", "langfuse")], 0, 3);
            never.SetResult(Results.StatusCode(401));
        }
    }

    private static string Config(SimulatedOllama ollama, Uri langfuse, Uri sentry) =>
        Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + $"""
              telemetry: {"{"}callback_max_queue: 3, callback_batch: 2, callback_retry_most: 0.05{"}"}
            litellm_settings:
              success_callback: ["langfuse", "prometheus"]
              failure_callback: ["sentry"]
            environment_variables:
              LANGFUSE_PUBLIC_KEY: pk
              LANGFUSE_SECRET_KEY: sk
              LANGFUSE_HOST: {langfuse}
              SENTRY_DSN: http://public@{sentry.Authority}/42

            """);
}
