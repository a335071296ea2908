using System.Globalization;
using OrleansLlm.Backends;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

public class QueueTests
{
    [Fact]
    public async Task TwoHundredRequests_ToAContainerWithOneSlot_RunOneAtATimeInOrderAndNoneIsLost()
    {
        const int requests = 200;
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        // A clock of its own: the timers of the other one are those of the simulator, and tell when its inference can be let go on.
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", queue_timeout: 3600", ollama)), new ManualTime());
        var answers = new List<Task<HttpResponseMessage>>();
        for (var i = 0; i < requests; i++)
        {
            answers.Add(gateway.PostAsync(TestGateway.Chat("m", Name(i), stream: i % 2 == 0)));
            var waiting = i;
            await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == waiting && b.Running == 1, $"request {i} waits");
        }

        for (var i = 0; i < requests; i++)
        {
            var started = i + 1;
            await Eventually.UntilAsync(() => ollama.Stats.Started == started && time.ArmedTimers > 0, $"inference {i} runs");
            time.Advance(Setup.Second);
        }

        foreach (var answer in answers)
        {
            Assert.Equal(200, (int)(await answer).StatusCode);
            Assert.Contains("simulated", await (await answer).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(Enumerable.Range(0, requests).Select(Name), ollama.Stats.Starts);
        Assert.Equal((1, requests), (ollama.Stats.MaxRunning, ollama.Stats.Finished));
        await gateway.UntilAsync(ollama.BaseAddress, b => b is { Running: 0, Waiting: 0 }, "all slots are free");
    }

    [Fact]
    public async Task TwoHundredRequests_AtOnce_NeverOverrunTheSlot()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => gateway.PostAsync(TestGateway.Chat("m", Name(i), stream: i % 3 == 0))));
        var texts = await Task.WhenAll(answers.Select(a => a.Content.ReadAsStringAsync()));
        Assert.All(answers, a => Assert.Equal(200, (int)a.StatusCode));
        for (var i = 0; i < texts.Length; i++) Assert.Contains(Name(i), texts[i], StringComparison.Ordinal);
        Assert.Equal(1, ollama.Stats.MaxRunning);
        Assert.Equal(200, ollama.Stats.Finished);
    }

    [InjectedTimeFact]
    public async Task AFullQueue_RefusesTheNextWith429AndRetryAfter()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(7));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", max_queue: 1", ollama)), time);
        // One inference of seven seconds teaches the backend what a slot is worth.
        var first = gateway.PostAsync(TestGateway.Chat("m", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        time.Advance(TimeSpan.FromSeconds(7));
        await first;

        var running = gateway.PostAsync(TestGateway.Chat("m", "b"));
        await Eventually.UntilAsync(() => ollama.Stats.Started == 2, "the second inference runs");
        var waiting = gateway.PostAsync(TestGateway.Chat("m", "c"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the third request waits");
        var refused = await gateway.PostAsync(TestGateway.Chat("m", "d", stream: true));
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Equal("queue_full", (await Setup.ErrorAsync(refused)).GetProperty("code").GetString());
        Assert.Equal("7", refused.Headers.RetryAfter!.ToString());

        time.Advance(TimeSpan.FromSeconds(7));
        await Eventually.UntilAsync(() => ollama.Stats.Started == 3, "the third inference runs");
        time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(200, (int)(await running).StatusCode);
        Assert.Equal(200, (int)(await waiting).StatusCode);
    }

    /// <summary>A request that waits asks again before its question counts as lost; who asks no more, because its node has died, makes room.</summary>
    [InjectedTimeFact]
    public async Task WhoStillAsks_KeepsItsPlace_AndWhoDoesNot_LosesIt()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(61));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 3600, queue_timeout: 3600", ollama)), time);
        var running = gateway.PostAsync(TestGateway.Chat("m", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        var backend = gateway.Grains.GetGrain<IBackendGrain>(Silo.Configuration.Addresses.Normalise(ollama.BaseAddress));
        var dead = backend.WaitAsync(new SlotRequest { RequestId = "dead", User = "x", Model = "m" });
        var alive = new SlotRequest { RequestId = "alive", User = "y", Model = "m" };
        var (question, questions) = (backend.WaitAsync(alive), 1);
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 2, "both wait");
        for (var second = 1; second <= 60; second++)
        {
            time.Advance(Setup.Second);
            // Behind what the clock has set off there.
            var snapshot = await backend.GetSnapshotAsync();
            if (second == IBackendGrain.LongestSilence.TotalSeconds) Assert.Equal((0, 1), (Assert.IsType<SlotQueued>(await dead).Position, (await dead).CameInAt));
            if (second <= IBackendGrain.AbandonedAfter.TotalSeconds) Assert.Equal(2, snapshot.Waiting);
            if (!question.IsCompleted) continue;
            Assert.IsType<SlotQueued>(await question);
            (question, questions) = (backend.WaitAsync(alive), questions + 1);
        }

        Assert.InRange(questions, 6, 12);
        Assert.Equal(1, (await gateway.SnapshotAsync(ollama.BaseAddress)).Waiting);
        time.Advance(Setup.Second);
        Assert.Equal(200, (int)(await running).StatusCode);
        Assert.InRange(Assert.IsType<SlotGranted>(await question).CameInAt, 1, 2);
    }

    [InjectedTimeFact]
    public async Task ARequestThatWaitsTooLong_IsAnsweredWhenItsTimePasses()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(100));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", queue_timeout: 30, lease: 3600", ollama)), time);
        var running = gateway.PostAsync(TestGateway.Chat("m", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        var waiting = gateway.PostAsync(TestGateway.Chat("m", "b"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the second request waits");
        time.Advance(TimeSpan.FromSeconds(29));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "it still waits");
        time.Advance(TimeSpan.FromSeconds(1));
        var refused = await waiting;
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.Equal("queue_timeout", (await Setup.ErrorAsync(refused)).GetProperty("code").GetString());
        Assert.NotNull(refused.Headers.RetryAfter);
        time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(200, (int)(await running).StatusCode);
    }

    [InjectedTimeTheory]
    [InlineData("")]
    [InlineData("litellm_settings: {cache: true, cache_params: {type: local, ttl: 600}}\n")]
    public async Task WhoWaitsInVain_HasTheWaitInItsRow(string cache)
    {
        var time = new ManualTime();
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromHours(1));
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), cache + Setup.QuietWith(", queue_timeout: 30, lease: 3600", ollama)), time, logs: logs);
        using var leaves = new CancellationTokenSource();
        var running = gateway.PostAsync(TestGateway.Chat("m", "a"), leaves.Token);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        var waiting = gateway.PostAsync(TestGateway.Chat("m", "b"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the second request waits");
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(503, (int)(await waiting).StatusCode);
        await Eventually.UntilAsync(() =>
        {
            // Lines are written a moment after their requests' ends.
            time.Advance(TimeSpan.FromMilliseconds(50));
            return logs.Of("Request").Count == 1;
        }, "it is logged");
        Assert.Contains("30000 in the queue", logs.Of("Request").Single(), StringComparison.Ordinal);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task TwoContainersUnderOneName_ServeWhicheverIsFreeFirst()
    {
        var time = new ManualTime();
        await using var slow = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(1000));
        await using var quick = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", slow) + Setup.Model("m", quick), Setup.Quiet(slow, quick)), time);
        Task<HttpResponseMessage>[] first = [ gateway.PostAsync(TestGateway.Chat("m", "a")), gateway.PostAsync(TestGateway.Chat("m", "b"))];
        await Eventually.UntilAsync(() => slow.Stats.Running == 1 && quick.Stats.Running == 1, "both containers are busy");
        var third = gateway.PostAsync(TestGateway.Chat("m", "c"));
        await gateway.UntilAsync(slow.BaseAddress, b => b.Waiting == 1, "it waits at the slow one");
        await gateway.UntilAsync(quick.BaseAddress, b => b.Waiting == 1, "it waits at the quick one as well");

        time.Advance(Setup.Second);
        await Eventually.UntilAsync(() => quick.Stats.Started == 2, "the quick one serves it");
        await gateway.UntilAsync(slow.BaseAddress, b => b.Waiting == 0, "it has left the other queue");
        time.Advance(Setup.Second);
        Assert.Equal(200, (int)(await third).StatusCode);
        Assert.Equal((1, 2), (slow.Stats.Started, quick.Stats.Started));
        Assert.Equal(1, quick.Stats.MaxRunning);
        await Task.WhenAny(first);
        Assert.Equal(1, first.Count(f => f.IsCompletedSuccessfully));
    }

    [InjectedTimeFact]
    public async Task ALongInference_KeepsItsSlotPastTheLeaseBecauseItIsRenewed()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: TimeSpan.FromSeconds(60));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time);
        var running = gateway.PostAsync(TestGateway.Chat("m", "a"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first inference runs");
        var next = gateway.PostAsync(TestGateway.Chat("m", "b"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Waiting == 1, "the second request waits");
        var (renewals, since) = (0L, 0);
        for (var seconds = 1; seconds <= 59; seconds++)
        {
            time.Advance(Setup.Second);
            since++;
            // A renewal is due every five seconds, counted from when the one before was heard of: where that took a busy machine long, some seconds later.
            if (since > 5) await HeardAsync(gateway, ollama, renewals, patiently: since >= 10);
            if ((await gateway.SnapshotAsync(ollama.BaseAddress)).Renewals is var heard && heard == renewals) continue;
            (renewals, since) = (heard, 0);
        }

        Assert.True(renewals >= 59 / 15, $"{renewals} renewals of a lease of 15 s");
        var snapshot = await gateway.SnapshotAsync(ollama.BaseAddress);
        Assert.Equal((1, 0L, 1L), (snapshot.Running, snapshot.LeasesExpired, ollama.Stats.Started));
        time.Advance(Setup.Second);
        Assert.Equal(200, (int)(await running).StatusCode);
        await Eventually.UntilAsync(
            async () =>
            {
                Assert.False(next.IsCompleted, next.IsCompletedSuccessfully ? $"{(int)next.Result.StatusCode} in its place" : next.Exception?.Message);
                // A busy machine may have let a minute of this clock pass before the waiter's own thread ran: it asks again when the clock goes on.
                // Once it has its slot, slower than the machine's own: it has a time to claim it, to connect and to renew its lease.
                var hasIt = (await gateway.SnapshotAsync(ollama.BaseAddress)).Running > 0;
                time.Advance(TimeSpan.FromMilliseconds(hasIt ? 1 : 10));
                return ollama.Stats.Started == 2;
            },
            "the second inference runs");
        Assert.Equal(1, ollama.Stats.MaxRunning);
    }

    /// <summary>Gives a renewal time to arrive, if it is under way.</summary>
    /// <param name="patiently">It is due, however late its timer was armed.</param>
    private static async Task HeardAsync(TestGateway gateway, SimulatedOllama ollama, long known, bool patiently)
    {
        try
        {
            await Eventually.UntilAsync(async () => (await gateway.SnapshotAsync(ollama.BaseAddress)).Renewals > known, "a renewal", TimeSpan.FromSeconds(patiently ? 20 : 2));
        }
        catch (TimeoutException) when (!patiently)
        {
            // Its timer was armed late; the clock goes on.
        }
    }

    private static string Name(int i) => "request-" + i.ToString("D3", CultureInfo.InvariantCulture) + "-";
}
