using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>A second backend for an answer: beside a late first one, or after one that broke off.</summary>
public class TakeoverTests
{
    private const string Text = "This is a simulated answer from m to: x";

    [InjectedTimeFact]
    public async Task ALateFirstToken_IsHedged_AndTheLoserIsCancelledAndItsSlotFreed()
    {
        var time = new ManualTime();
        await using var slow = await Setup.OllamaAsync(time: time);
        await using var quick = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(Tiers(slow, quick, "  models: {m: {hedge: true, hedge_after: 5}}\n"), time);
        slow.Faults.Add(new Fault { Kind = FaultKind.Hang });
        var answer = gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        await Eventually.UntilAsync(() => slow.Stats.Running == 1, "the first one has been asked");
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(0, quick.Stats.Requests);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(200, (int)(await answer).StatusCode);
        Assert.Equal("0", (await answer).Headers.GetValues("x-litellm-attempted-retries").Single());
        await Eventually.UntilAsync(() => slow.Stats.Cancelled == 1, "the loser was cancelled");
        await gateway.UntilAsync(slow.BaseAddress, b => b is { Running: 0, Failed: 0 }, "its slot is free, and it is not to blame");
    }

    [InjectedTimeFact]
    public async Task AFaultOfOursInTheFirst_EndsTheHedgeToo()
    {
        var time = new ManualTime();
        await using var first = await Setup.OllamaAsync(time: time);
        await using var second = await Setup.OllamaAsync(time: time);
        var upstream = new FaultyUpstream(first.BaseAddress);
        await using var gateway = await TestGateway.StartAsync(
            Tiers(first, second, "  models: {m: {hedge: true, hedge_after: 5}}\n"), time, more: services => services.AddSingleton<IUpstream>(upstream));
        var answer = gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        await Eventually.UntilAsync(() => upstream.Begun == 1, "the first one has been asked");
        await gateway.PassUntilAsync(time, Setup.Second, second.BaseAddress, () => upstream.Begun == 2, "the second one has been asked as well");
        upstream.Fail();
        Assert.Equal(500, (int)(await answer).StatusCode);
        await Eventually.UntilAsync(() => upstream.Left == 1, "the second one was left");
        foreach (var backend in (Uri[])[first.BaseAddress, second.BaseAddress]) await gateway.UntilAsync(backend, b => b.Running == 0, "its slot is free");
    }

    [InjectedTimeTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ALoserThatIsSlowToLeave_IsNotWaitedFor(bool stream)
    {
        var time = new ManualTime();
        using var slow = new TcpListener(IPAddress.Loopback, 0);
        slow.Start();
        var loser = new Uri($"http://{slow.LocalEndpoint}");
        await using var quick = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(
            "model_list:\n"
            + $"  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{loser}\", order: 1}}}}\n"
            + Deployment("m", quick, 2, "ollama_chat")
            + Setup.QuietWith(", lease: 3600", loser, quick.BaseAddress) + "  models: {m: {hedge: true, hedge_after: 5}}\n", time);
        var answer = gateway.PostAsync(TestGateway.Chat("m", "x", stream));
        // It answers nothing, and after the gateway has left it keeps its side of the connection open: the clock stands, so nobody's patience ends.
        using var connection = await slow.AcceptSocketAsync();
        await gateway.PassUntilAsync(time, Setup.Second, quick.BaseAddress, () => quick.Stats.Started == 1, "the second one was asked");
        // To its very end, streamed or whole: only the loser's slot waits for it, whose patience is a second of the gateway's clock.
        var text = await (await answer).Content.ReadAsStringAsync();
        if (stream) Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        else Assert.Contains("\"finish_reason\":\"stop\"", text, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(1));
        await gateway.UntilAsync(loser, b => b is { Running: 0, Failed: 0 }, "the loser's slot is free");
    }

    [InjectedTimeTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ACallThatTookTooLong_AndIsSlowToLeave_KeepsItsSlotAndNobodyWaiting(bool fallsBack)
    {
        var time = new ManualTime();
        using var slow = new TcpListener(IPAddress.Loopback, 0);
        slow.Start();
        await using var quick = await Setup.OllamaAsync(time: time);
        var slowBase = new Uri($"http://{slow.LocalEndpoint}");
        await using var gateway = await TestGateway.StartAsync(
            $"model_list:\n  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{slowBase}\", timeout: 5, max_parallel_requests: 1}}}}\n"
            + Setup.Model("spare", quick)
            + $"router_settings: {{num_retries: 0{(fallsBack ? ", fallbacks: [{m: [spare]}]" : "")}}}\n"
            + $"gateway_settings: {{backends: {{\"{slowBase}\": {{health_interval: 0, lease: 3600}}, \"{quick.BaseAddress}\": {{health_interval: 0, lease: 3600}}}}}}\n", time);
        var answer = gateway.PostAsync(TestGateway.Chat("m", "x"));
        using var connection = await slow.AcceptSocketAsync();
        Assert.NotEqual(0, await connection.ReceiveAsync(new byte[1]));
        time.Advance(TimeSpan.FromSeconds(5));
        // The clock stands: the server has not closed its side, and nobody's patience with it has ended.
        Assert.Equal(fallsBack ? 200 : 504, (int)(await answer).StatusCode);
        Assert.Equal(1, (await gateway.SnapshotAsync(slowBase)).Running);
        time.Advance(TimeSpan.FromSeconds(1));
        await gateway.UntilAsync(slowBase, b => b is { Running: 0, Failed: 1 }, "the slot is free");
    }

    [InjectedTimeFact]
    public async Task AModelThatKnowsItsFirstTokens_HedgesByItsOwnPercentile()
    {
        var time = new ManualTime();
        await using var slow = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(2));
        await using var quick = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(2));
        await using var gateway = await TestGateway.StartAsync(Tiers(slow, quick, "  models: {m: {hedge: true}}\n"), time);
        for (var i = 0; i < 20; i++)
        {
            var known = gateway.PostAsync(TestGateway.Chat("m", "x"));
            var started = i + 1;
            await Eventually.UntilAsync(() => slow.Stats.Started == started, "it runs");
            // Only the model takes time: how long the gateway takes to hear of its words is none of the first token's.
            await Eventually.UntilAsync(() => { if (slow.Stats.Running == 1) time.Advance(TimeSpan.FromSeconds(2)); return known.IsCompleted; }, "it has answered");
            Assert.Equal(200, (int)(await known).StatusCode);
        }

        Assert.Equal(0, quick.Stats.Requests);
        slow.Faults.Add(new Fault { Kind = FaultKind.Hang });
        var late = gateway.PostAsync(TestGateway.Chat("m", "x"));
        await gateway.PassUntilAsync(time, Setup.Second, quick.BaseAddress, () => quick.Stats.Started == 1, "the second one was asked");
        await Eventually.UntilAsync(() => { if (quick.Stats.Running == 1) time.Advance(Setup.Second); return late.IsCompleted; }, "it has answered");
        Assert.Equal(200, (int)(await late).StatusCode);
    }

    [InjectedTimeFact]
    public async Task AWholeAnswer_IsLateByItsFirstTokenAndNotByItsLength()
    {
        var time = new ManualTime();
        await using var first = await Setup.OllamaAsync(time: time, perToken: TimeSpan.FromSeconds(100));
        await using var second = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(Tiers(first, second, "  models: {m: {hedge: true, hedge_after: 700}}\n  first_token_timeout: 86400\n  between_tokens_timeout: 86400\n"), time);
        var answer = gateway.PostAsync(TestGateway.Chat("m", "x"));
        await Eventually.UntilAsync(() => first.Stats.Running == 1, "it runs");
        // Its answer takes eight hundred seconds. However busy the machine is, its first token is seen within two thousand looks.
        var looks = 0;
        await Eventually.UntilAsync(() => { if (!answer.IsCompleted && ++looks % 3 == 0) time.Advance(Setup.Second); return answer.IsCompleted; }, "it has answered");
        Assert.Equal((200, 0), ((int)(await answer).StatusCode, (int)second.Stats.Requests));
    }

    [Fact]
    public async Task AHedgeThatFindsNoFreeSlot_WaitsForTheFirstAlone()
    {
        await using var slow = await Setup.OllamaAsync(firstToken: TimeSpan.FromMilliseconds(300));
        await using var busy = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Tiers(slow, busy, "  models: {m: {hedge: true, hedge_after: 0.05}}\n"));
        busy.Faults.Add(new Fault { Kind = FaultKind.Hang });
        using var stop = new CancellationTokenSource();
        var holder = gateway.PostAsync(TestGateway.Chat("only-second", "x", stream: true), stop.Token);
        await Eventually.UntilAsync(() => busy.Stats.Running == 1, "the second one is taken");
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.Equal(1, busy.Stats.Requests);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => holder);
    }

    [Theory]
    [InlineData("ollama_chat", FaultKind.ErrorEvent)]
    [InlineData("ollama_chat", FaultKind.ResetMidStream)]
    [InlineData("openai", FaultKind.Truncate)]
    public async Task AnAnswerThatBreaksOff_IsGoneOnWithElsewhere_AndItsUsageSaysSo(string provider, FaultKind kind)
    {
        await using var breaking = await Setup.OllamaAsync();
        await using var well = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Tiers(breaking, well, "  models: {m: {continue_on_failure: true}}\n", provider));
        breaking.Faults.Add(new Fault { Kind = kind, AfterTokens = 3 });
        var body = """{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"x"}]}""";
        var events = SseText.Events(await (await gateway.PostAsync(body)).Content.ReadAsStringAsync());
        Assert.Equal("data: [DONE]", events[^1]);
        var chunks = events[..^1].Select(e => JsonDocument.Parse(e["data: ".Length..]).RootElement).ToList();
        Assert.All(chunks, c => Assert.Equal(chunks[0].GetProperty("id").GetString(), c.GetProperty("id").GetString()));
        var deltas = chunks.SelectMany(c => c.GetProperty("choices").EnumerateArray()).Select(c => c.GetProperty("delta")).ToList();
        Assert.Single(deltas, d => d.TryGetProperty("role", out _));
        Assert.StartsWith("This is a" + Text[..9], string.Concat(deltas.Select(d => d.TryGetProperty("content", out var c) ? c.GetString() : "")), StringComparison.Ordinal);
        var usage = chunks.Last().GetProperty("usage");
        Assert.Equal(1, usage.GetProperty("continuations").GetInt32());
        Assert.True(usage.GetProperty("completion_tokens").GetInt32() > 3);
        Assert.Contains("\"role\":\"assistant\",\"content\":\"This is a\"", well.Stats.Bodies[^1], StringComparison.Ordinal);
        await gateway.UntilAsync(provider == "openai" ? new Uri(breaking.BaseAddress, "v1") : breaking.BaseAddress, b => b is { Running: 0, Failed: 1 }, "the failure is counted, the slot free");
    }

    [Fact]
    public async Task AnAnswerThatBreaksOffTwice_IsGoneOnWithFromAllThatWasShown()
    {
        await using var first = await Setup.OllamaAsync();
        await using var second = await Setup.OllamaAsync();
        await using var well = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(
            "model_list:\n" + Deployment("m", first, 1, "ollama_chat") + Deployment("m", second, 2, "ollama_chat") + Deployment("other", well, 1, "ollama_chat")
            + Setup.QuietWith(", lease: 3600", [first, second, well])
            + "  models: {m: {continue_on_failure: true}}\n");
        foreach (var breaking in (SimulatedOllama[])[first, second]) breaking.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 3, Count = 100 });
        var asked = TestGateway.Chat("m", "x", stream: true).Replace(
            "{\"model\"", "{\"fallbacks\":[{\"model\":\"other\",\"messages\":[{\"role\":\"user\",\"content\":\"overridden\"}]}],\"model\"", StringComparison.Ordinal);
        var body = await (await gateway.PostAsync(asked)).Content.ReadAsStringAsync();
        Assert.EndsWith("data: [DONE]\n\n", body, StringComparison.Ordinal);
        Assert.Contains("\"role\":\"assistant\",\"content\":\"This is a\"", second.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.Contains("\"role\":\"assistant\",\"content\":\"This is aThis is a\"", well.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.Contains("overridden", well.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAnswerThatNobodyCanGoOnWith_EndsWithItsOwnError()
    {
        await using var breaking = await Setup.OllamaAsync();
        await using var well = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Tiers(breaking, well, "  models: {m: {continue_on_failure: true}}\n"));
        breaking.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 3, Message = "the first" });
        well.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Body = """{"error":"the second"}""", Count = 100 });
        var events = SseText.Events(await (await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true))).Content.ReadAsStringAsync());
        Assert.Contains("the first", events[^1], StringComparison.Ordinal);
        Assert.StartsWith("data: {\"error\":{", events[^1], StringComparison.Ordinal);
    }

    /// <summary>The first is asked first. No retries, no probes, leases that outlive every test.</summary>
    private static string Tiers(SimulatedOllama first, SimulatedOllama second, string options, string provider = "ollama_chat") =>
        "model_list:\n" + Deployment("m", first, 1, provider) + Deployment("m", second, 2, provider) + Deployment("only-second", second, 1, provider)
        + Setup.QuietWith(", lease: 3600", [first, second]) + options;

    private static string Deployment(string name, SimulatedOllama at, int order, string provider) =>
        $"  - {{model_name: {name}, litellm_params: {{model: \"{provider}/m\", api_base: \"{(provider == "openai" ? new Uri(at.BaseAddress, "v1") : at.BaseAddress)}\", order: {order}, max_parallel_requests: 1}}}}\n";
}
