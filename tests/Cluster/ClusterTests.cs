using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Backends;
using OrleansLlm.Inference;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>
/// What must hold on several silos, also when one is killed. The containers' own counters are the witness; their clock stands still, so that
/// an inference runs for as long as the test says.
/// </summary>
public class ClusterTests(ITestOutputHelper output)
{
    [Fact]
    public async Task SixtyClientsOnThreeSilos_NeverOverrunAContainer_AndAllAreAnsweredOnce()
    {
        await using var one = await Setup.OllamaAsync();
        await using var two = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", one) + Setup.Model("m", two), Setup.Quiet(one, two)));
        const int clients = 60, each = 5;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
        {
            for (var i = 0; i < each; i++)
            {
                var text = $"client-{client}-{i}.";
                var answer = await cluster.ChatAsync(text, stream: (client + i) % 2 == 0, user: $"user-{client}");
                Assert.Equal(200, (int)answer.StatusCode);
                Assert.Contains(text, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }));
        Assert.Equal((1, 1), (one.Stats.MaxRunning, two.Stats.MaxRunning));
        Assert.Equal(clients * each, one.Stats.Finished + two.Stats.Finished);
        Assert.True(one.Stats.Finished > 0 && two.Stats.Finished > 0);
        foreach (var client in Enumerable.Range(0, clients))
        {
            var started = one.Stats.Starts.Concat(two.Stats.Starts).Where(m => m.StartsWith($"client-{client}-", StringComparison.Ordinal));
            Assert.Equal(each, started.Distinct().Count());
        }
    }

    [Fact]
    public async Task ADeploymentsRequestsPerMinute_AreOneLimitForAllSilos_AndTheRestFallsBack()
    {
        await using var limited = await Setup.OllamaAsync();
        await using var spare = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(
            $"  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{limited.BaseAddress}\", rpm: 20, max_parallel_requests: 8}}}}\n" + Setup.Model("spare", spare),
            "router_settings: {default_fallbacks: [spare]}\n"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => cluster.ChatAsync($"r{i}", user: $"user-{i}")));
        Assert.All(answers, a => Assert.Equal(200, (int)a.StatusCode));
        Assert.Equal((20, 40), (limited.Stats.Finished, spare.Stats.Finished));
    }

    [Fact]
    public async Task KillingTheSiloOfABackend_RequeuesThoseWhoWait_AndNeverGrantsTheSlotTwice()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 6", ollama)));
        var running = cluster.ChatAsync("first");
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        var waiting = Enumerable.Range(0, 5).Select(i => cluster.ChatAsync($"waiting-{i}")).ToList();
        await cluster.UntilAsync(ollama.BaseAddress, b => b.Waiting == 5, "five requests wait");

        await cluster.Silos.KillSiloAsync(await cluster.SiloOfAsync(cluster.Backend(ollama.BaseAddress)));
        await cluster.UntilAsync(ollama.BaseAddress, b => b.Waiting > 0, "they wait at the backend's new activation");
        // Whoever holds the slot (the first, or its repetition where it died with the silo) is let through, one after the other.
        while (!running.IsCompleted || waiting.Exists(w => !w.IsCompleted))
        {
            time.Advance(Setup.Second);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.All(waiting.Append(running), answer => Assert.Equal(200, (int)answer.Result.StatusCode));
        Assert.Equal(1, ollama.Stats.MaxRunning);
        await cluster.UntilAsync(ollama.BaseAddress, b => b is { Running: 0, Waiting: 0 }, "no slot is held");
    }

    [Fact]
    public async Task KillingTheSiloOfAnInference_BeforeItsFirstToken_IsNotNoticedByTheClient()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 6", ollama)));
        var answer = cluster.ChatAsync("hello", stream: true);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the inference runs");
        await cluster.Silos.KillSiloAsync(cluster.SiloOfTheInference());
        while (!answer.IsCompleted)
        {
            if (ollama.Stats.Started > 1) time.Advance(Setup.Second);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.Equal(200, (int)(await answer).StatusCode);
        Assert.EndsWith("data: [DONE]\n\n", await (await answer).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, ollama.Stats.MaxRunning);
    }

    [Fact]
    public async Task KillingTheSiloOfAnInference_MidStream_IsAnErrorEventAndTheContainerIsNotLeftBusy()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second);
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 6", ollama)));
        var response = await cluster.ChatAsync("hello", stream: true);
        Assert.Equal(200, (int)response.StatusCode);
        await cluster.Silos.KillSiloAsync(cluster.SiloOfTheInference());
        var text = await response.Content.ReadAsStringAsync();
        Assert.Contains("data: {\"error\":{", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 0, "the container is not left busy", GatewayCluster.AfterAKill);
        await cluster.UntilAsync(ollama.BaseAddress, b => b.Running == 0, "the slot is free");
    }

    [Fact]
    public async Task ACancelStormOfAMinute_LeavesNoHeldSlotAndLosesNobodyElse()
    {
        // Slow enough that the container, and not this machine, is what there is too little of.
        await using var ollama = await Setup.OllamaAsync(firstToken: TimeSpan.FromMilliseconds(20));
        // An hour's lease: only an explicit release can free a slot.
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600", ollama)));
        var calm = await StormAsync(cluster, leavers: 0, TimeSpan.FromSeconds(15));
        var before = ollama.Stats.Finished;
        var storm = await StormAsync(cluster, leavers: 32, TimeSpan.FromSeconds(60));
        var ended = Stopwatch.GetTimestamp();
        // Before the engine can have found out by itself that nobody reads, which takes it half a minute at least.
        await Eventually.UntilAsync(
            async () => await cluster.Backend(ollama.BaseAddress).GetSnapshotAsync() is { Running: 0, Waiting: 0 }, "no slot is held after the storm", TimeSpan.FromSeconds(20));
        output.WriteLine($"32 who stay, alone: {calm.Stayed / 15.0:F1} answers/s; beside 32 who leave within 40 ms: {storm.Stayed / 60.0:F1} answers/s");
        output.WriteLine($"{storm.Left} left; the container finished {(ollama.Stats.Finished - before) / 60.0:F1}/s; all slots free {Stopwatch.GetElapsedTime(ended).TotalMilliseconds:F0} ms after the last");
        Assert.True(storm is { Stayed: > 0, Left: > 0 }, "there was a storm");
        Assert.Equal(1, ollama.Stats.MaxRunning);
        Assert.Equal(0, ollama.Stats.Running);
    }

    /// <summary>32 clients who want their answers, each of which must be whole, and others who leave within 0 to 40 ms of their start.</summary>
    private static async Task<(int Stayed, int Left)> StormAsync(GatewayCluster cluster, int leavers, TimeSpan duration)
    {
        var (stayed, left) = (0, 0);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 32 + leavers).Select(async client =>
        {
            var random = new Random(1000 + client);
            for (var round = 0; Stopwatch.GetElapsedTime(started) < duration; round++)
            {
                using var leave = new CancellationTokenSource();
                var leaves = client >= 32;
                if (leaves) leave.CancelAfter(random.Next(0, 40));
                try
                {
                    using var answer = await cluster.ChatAsync($"storm-{client}-{round}", stream: random.Next(2) == 0, user: $"u{client}", leave.Token);
                    await answer.Content.ReadAsStringAsync(leave.Token);
                    if (leaves) continue;
                    Assert.Equal(200, (int)answer.StatusCode);
                    Interlocked.Increment(ref stayed);
                }
                catch (OperationCanceledException) when (leaves)
                {
                    Interlocked.Increment(ref left);
                    await Task.Delay(TimeSpan.FromMilliseconds(random.Next(0, 200)), TimeProvider.System, CancellationToken.None);
                }
            }
        }));
        return (stayed, left);
    }

    [Fact]
    public async Task StoppingASilo_LetsItsStreamFinishAndMovesThoseWhoWait()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second);
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), orderlyStop: true);
        var running = await cluster.ChatAsync("running", stream: true);
        var waiting = Enumerable.Range(0, 3).Select(i => cluster.ChatAsync($"waiting-{i}", stream: true)).ToList();
        await cluster.UntilAsync(ollama.BaseAddress, b => b.Waiting == 3, "three requests wait");
        var stop = cluster.Silos.StopSiloAsync(cluster.SiloOfTheInference());
        var texts = Task.WhenAll(waiting.Select(async w => await (await w).Content.ReadAsStringAsync()).Append(running.Content.ReadAsStringAsync()));
        while (!texts.IsCompleted)
        {
            time.Advance(Setup.Second);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        await stop;
        Assert.All(await texts, text => Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal));
        Assert.Equal(1, ollama.Stats.MaxRunning);
    }

    /// <summary>An activation goes when no call of it is open, and the questions of those who wait would be open for long: nobody reached its backend until then.</summary>
    [Fact]
    public async Task StoppingTheSiloOfABackend_EndsTheQuestionsOfThoseWhoWaitThere_AndTheyAskElsewhere()
    {
        await using var ollama = await Setup.OllamaAsync();
        var said = new EndsOfCalls(nameof(IBackendGrain.WaitAsync));
        await using var cluster = await GatewayCluster.StartAsync(
            Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), orderlyStop: true, silo => silo.AddIncomingGrainCallFilter(said));
        var backend = cluster.Backend(ollama.BaseAddress);
        var waiting = Enumerable.Range(0, 6).Select(i => new SlotRequest { RequestId = $"waiting-{i}", User = "u", Model = "m" }).ToList();
        Assert.IsType<SlotGranted>(await backend.TryAcquireAsync(waiting[0] with { RequestId = "running" }));
        var home = await cluster.SiloOfAsync(backend);
        // From another silo, as inferences ask: what a client is told through the silo that stops may get lost with its connection.
        backend = cluster.Silos.Silos.First(s => s != home).ServiceProvider.GetRequiredService<IClusterClient>().GetGrain<IBackendGrain>(backend.GetPrimaryKeyString());
        var questions = waiting.ConvertAll(backend.WaitAsync);
        await cluster.UntilAsync(ollama.BaseAddress, b => b.Waiting == 6, "six wait");
        var stop = cluster.Silos.StopSiloAsync(home);
        // What the grain says last may come behind the news that its silo is gone: whoever asks takes both for the same.
        foreach (var question in questions) Assert.True(LostContact.Is(await Assert.ThrowsAnyAsync<Exception>(() => question)));
        await stop;
        Assert.Equal(Enumerable.Repeat(typeof(NodeDrainingException), 6), said.Failures);
        Assert.True(await GatewayCluster.AgainAsync(() => backend.RenewAsync("running")), "its lease was handed over");
        questions = waiting.ConvertAll(backend.WaitAsync);
        await cluster.UntilAsync(ollama.BaseAddress, b => b is { Waiting: 6, Running: 1 }, "six wait again");
        await backend.ReleaseAsync(new SlotRelease { RequestId = "running", Outcome = SlotOutcome.Succeeded });
        Assert.IsType<SlotGranted>(await await Task.WhenAny(questions));
    }

    [Fact]
    public async Task TheStateOfABackend_SurvivesItsSilo()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var backend = cluster.Backend(ollama.BaseAddress);
        await backend.SetDrainingAsync(true);
        await cluster.Silos.KillSiloAsync(await cluster.SiloOfAsync(backend));
        await cluster.UntilAsync(ollama.BaseAddress, b => b.Draining, "the backend still drains");
        Assert.Equal(503, (int)(await cluster.ChatAsync("x")).StatusCode);
    }
}
