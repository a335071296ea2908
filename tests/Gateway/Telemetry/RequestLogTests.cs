using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Telemetry;

/// <summary>The line that each request leaves in the log.</summary>
public class RequestLogTests
{
    [Fact]
    public async Task EachRequest_LeavesOneLine_WithoutItsPromptItsAnswerOrAnybodysWords()
    {
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), logs: logs);
        var served = await gateway.PostAsync(TestGateway.Chat("m", "a secret question"));
        await served.Content.ReadAsStringAsync();
        ollama.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 1 });
        await (await gateway.PostAsync(TestGateway.Chat("m", "a secret question", stream: true))).Content.ReadAsStringAsync();
        await Eventually.UntilAsync(() => logs.Of("Request").Count == 2, "both have left a line");
        Assert.Contains($"{served.Headers.GetValues("x-request-id").Single()} m by ollama_chat/m at ", logs.Of("Request")[0], StringComparison.Ordinal);
        Assert.Matches(@": success, \d+\+5 tokens, \d+ ms, \d+ in the queue", logs.Of("Request")[0]);
        Assert.Contains(": upstream_status", logs.Of("Request")[1], StringComparison.Ordinal);
        Assert.All(logs.Of("Request"), l => Assert.False(l.Contains("secret", StringComparison.Ordinal) || l.Contains("simulated", StringComparison.Ordinal), l));
    }

    /// <summary>Whoever reads it wants to know where the time went: in a queue, or at a backend.</summary>
    [InjectedTimeTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhoWasNotServed_HasItsTimeInTheQueueTold(bool leaves)
    {
        var time = new ManualTime();
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(100));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", queue_timeout: 7, lease: 3600", ollama)), time, logs: logs);
        _ = gateway.PostAsync(TestGateway.Chat("m", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        using var leave = new CancellationTokenSource();
        var waiting = gateway.PostAsync(TestGateway.Chat("m", "b"), leave.Token);
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the second request waits");
        time.Advance(TimeSpan.FromSeconds(leaves ? 4 : 7));
        if (leaves) await leave.CancelAsync();
        await Task.WhenAny(waiting);
        // The gateway hears of a departure later than its client's next step: until then the clock stands.
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 0, "it waits no more");
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(1));
                return logs.Of("Request").Count == 1;
            },
            "it has left a line");
        Assert.Matches(leaves ? ": cancelled, .* 40\\d\\d in the queue" : ": queue_timeout, .* 70\\d\\d in the queue", logs.Of("Request")[0]);
    }

    [Fact]
    public async Task SwitchedOff_ItLeavesNone()
    {
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "  telemetry: {request_log: false}\n"), logs: logs);
        await (await gateway.PostAsync(TestGateway.Chat("m", "x"))).Content.ReadAsStringAsync();
        await gateway.MetricsUntilAsync(m => m["orleansllm_requests_total"] == 1, "it has ended");
        Assert.Empty(logs.Of("Request"));
    }
}
