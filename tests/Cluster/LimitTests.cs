using OrleansLlm.Grains.Users;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;
using OrleansLlm.Users;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Limits on three silos: exact wherever requests arrive, and never exceeded when the silo that counts is killed.</summary>
public class LimitTests
{
    private const string HundredAMinute = "  limits: {user: {rpm: 100}}\n";

    [Fact]
    public async Task AHundredAMinute_LetsExactlyAHundredThrough_WhicheverSiloTheyArriveAt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Config(ollama, HundredAMinute));
        // 240 at once, each silo's own inferences asking the one who counts.
        var answers = await Task.WhenAll(Enumerable.Range(0, 240).Select(i => cluster.ChatAsync($"request-{i}", stream: i % 2 == 0)));
        Assert.Equal(100, answers.Count(a => (int)a.StatusCode == 200));
        Assert.Equal(140, answers.Count(a => (int)a.StatusCode == 429));
        Assert.All(answers, a => Assert.Equal("100", a.Headers.GetValues("x-ratelimit-limit-requests").Single()));
        foreach (var answer in answers) await answer.Content.ReadAsStringAsync();
        Assert.Equal(100, ollama.Stats.Started);
    }

    [Fact]
    public async Task KillingTheSiloThatCounts_NeverLetsMoreThanTheLimitThrough_AndCostsAtMostABlock()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Config(ollama, HundredAMinute));
        var user = cluster.Silos.Client.GetGrain<IUserGrain>("user:u");
        var began = TimeProvider.System.GetTimestamp();
        var before = await AskAsync(cluster, 60, "before");
        Assert.Equal(60, before);
        var home = await cluster.SiloOfAsync(user);
        await cluster.Silos.KillSiloAsync(home);
        var after = await AskAsync(cluster, 100, "after");
        Assert.NotEqual(home, await cluster.SiloOfAsync(user));
        // What the machine took for it may be more than a minute: then nothing can be said.
        Assert.SkipWhen(TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(55), "the machine was too slow: the minute is over");
        Assert.InRange(before + after, 90, 100);
        Assert.Equal(before + after, ollama.Stats.Starts.Distinct().Count());
    }

    [Fact]
    public async Task KillingTheSiloThatCounts_WhileRequestsRun_KeepsThemCounted_AndTheCountReturnsToZero()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var cluster = await GatewayCluster.StartAsync(Config(ollama, "  limits: {user: {max_parallel_requests: 3}}\n"));
        var user = cluster.Silos.Client.GetGrain<IUserGrain>("user:u");
        var running = Enumerable.Range(0, 3).Select(i => cluster.ChatAsync($"running-{i}")).ToList();
        await GatewayCluster.UntilAsync(async () => (await user.GetUsageAsync()).Running == 3, "three run or wait");
        await cluster.Silos.KillSiloAsync(await cluster.SiloOfAsync(user));
        // Nobody is let in while it is not known who runs, nor when it is.
        Assert.Equal(429, (int)(await cluster.ChatAsync("one too many")).StatusCode);
        await GatewayCluster.UntilAsync(async () => (await user.GetUsageAsync()).Running == 3, "those who run have made themselves known");
        Assert.Equal(429, (int)(await cluster.ChatAsync("one too many")).StatusCode);
        while (running.Exists(r => !r.IsCompleted))
        {
            time.Advance(Setup.Second);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.All(running, r => Assert.Equal(200, (int)r.Result.StatusCode));
        await GatewayCluster.UntilAsync(async () => (await user.GetUsageAsync()).Running == 0, "the count is zero again");
        Assert.Equal(1, ollama.Stats.MaxRunning);
    }

    [Fact]
    public async Task ABudget_IsOneForAllSilos_AndSurvivesTheSiloThatCounts()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var cluster = await GatewayCluster.StartAsync(
            Setup.Config(Setup.Model("m", ollama).Replace("}}", ", output_cost_per_token: 1, max_tokens: 10}}", StringComparison.Ordinal), Setup.QuietWith(", lease: 6", ollama) + "  limits: {user: {max_budget: 45}}\n"));
        var user = cluster.Silos.Client.GetGrain<IUserGrain>("user:u");
        for (var i = 0; i < 2; i++) Assert.Equal(200, (int)(await cluster.ChatAsync($"before-{i}")).StatusCode);
        // A crash may forget what was paid in the 50 ms before it.
        await GatewayCluster.UntilAsync(async () => (await cluster.StoredAsync<UserState>(Names.UserState, user))?.Limits.Budget?.Spent == 20, "both are paid, and the store knows");
        await cluster.Silos.KillSiloAsync(await cluster.SiloOfAsync(user));
        // Of many at once from all silos three are within the budget: what they may cost is reserved.
        Assert.Equal(3, await AskAsync(cluster, 30, "after"));
        await GatewayCluster.UntilAsync(async () => (await user.GetSpendAsync(null)).Spent == 50, "all are paid");
        Assert.Equal(0, await AskAsync(cluster, 3, "late"));
    }

    [Fact]
    public async Task AScopeBesidesTheUser_SurvivesAnyOneSilo()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Config(ollama, "  limits: {models: {m: {rpm: 20}}, all: {rpm: 30}}\n"));
        var began = TimeProvider.System.GetTimestamp();
        var passed = await AskAsync(cluster, 10, "before");
        Assert.Equal(10, passed);
        var model = cluster.Silos.Client.GetGrain<Limits.ILimitGrain>("model:m");
        await cluster.Silos.KillSiloAsync(await cluster.SiloOfAsync(model));
        passed += await AskAsync(cluster, 40, "after");
        Assert.SkipWhen(TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(55), "the machine was too slow: the minute is over");
        Assert.InRange(passed, 15, 20);
    }

    /// <returns>How many were answered.</returns>
    private static async Task<int> AskAsync(GatewayCluster cluster, int count, string text)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(i => cluster.ChatAsync($"{text}-{i}")));
        Assert.All(answers, a => Assert.True((int)a.StatusCode is 200 or 429, $"{a.StatusCode}"));
        return answers.Count(a => (int)a.StatusCode == 200);
    }

    private static string Config(Simulator.SimulatedOllama ollama, string limits) =>
        Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", lease: 6", ollama) + limits);
}
