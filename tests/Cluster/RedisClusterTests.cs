using System.Net.Http.Json;
using System.Text.Json;
using OrleansLlm.Simulator;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;
using OrleansLlm.Tests.Gateway.Pages;
using OrleansLlm.Tests.Processes;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Two silos and two front ends as real processes on a real Redis; real kills. Skipped where there is no redis-server.</summary>
public sealed class RedisClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-cluster-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };
    private readonly List<GatewayProcessUnderTest> _nodes = [];
    private RedisServer? _redis;

    private GatewayProcessUnderTest SiloA => _nodes[0];

    private Uri ApiA => _nodes[2].Address;

    private Uri ApiB => _nodes[3].Address;

    [Fact]
    public async Task KillingASiloUnderALoadOfStreams_LosesNoRequestAndRunsNoneTwiceAtOnce()
    {
        await using var one = await PacedAsync();
        await using var two = await PacedAsync();
        await StartNodesAsync(Setup.Model("m", one) + Setup.Model("m", two), one, two);
        var ledger = new ClientLedger(_http);
        using var enough = new CancellationTokenSource();
        var load = Enumerable.Range(0, 12).Select(c => ledger.RunClientAsync(c % 2 == 0 ? ApiA : ApiB, c, enough.Token)).ToList();
        await Eventually.UntilAsync(() => ledger.Whole >= 40, "forty answers before the kill");
        await SiloA.KillAsync();
        var before = ledger.Whole;
        await Eventually.UntilAsync(() => ledger.Whole >= before + 40, "forty answers after the kill", TimeSpan.FromMinutes(2));
        await enough.CancelAsync();
        await Task.WhenAll(load);

        output.WriteLine(ledger.ToString());
        Assert.Equal(0, ledger.Lost);
        Assert.Equal(0, ledger.Refused);
        Assert.Equal(ledger.Sent, ledger.Whole + ledger.Told);
        Assert.Equal((1, 1), (one.Stats.MaxRunning, two.Stats.MaxRunning));
    }

    [Fact]
    public async Task RedisStoppedAndBack_WhatRunsFinishesAndWhatComesIsServedWithoutARestart()
    {
        // Longer than the outage: it begins before it and ends after it.
        await using var one = await PacedAsync(tokens: 250, perToken: TimeSpan.FromMilliseconds(120));
        await using var two = await PacedAsync();
        await StartNodesAsync(Setup.Model("slow", one) + Setup.Model("m", two), one, two);
        var running = new ClientLedger(_http);
        var longStream = running.SendAsync(ApiA, """{"model":"slow","stream":true,"messages":[{"role":"user","content":"long"}]}""");
        await Eventually.UntilAsync(() => one.Stats.Running == 1, "the long answer runs");

        await _redis!.StopAsync();
        var during = new ClientLedger(_http);
        using var enough = new CancellationTokenSource();
        var load = Enumerable.Range(0, 4).Select(c => during.RunClientAsync(c % 2 == 0 ? ApiA : ApiB, c, enough.Token)).ToList();
        await Task.Delay(Outage, TimeProvider.System);
        await _redis.StartAsync();
        var after = new ClientLedger(_http);
        foreach (var api in (Uri[])[ApiA, ApiB])
        {
            await Eventually.UntilAsync(
                async () =>
                {
                    var served = after.Whole;
                    await after.SendAsync(api, """{"model":"m","stream":true,"messages":[{"role":"user","content":"again"}]}""");
                    return after.Whole > served;
                },
                "an answer after the outage", TimeSpan.FromMinutes(1));
        }

        await enough.CancelAsync();
        await Task.WhenAll([longStream, .. load]);
        output.WriteLine($"in flight: {running}");
        output.WriteLine($"from the outage on: {during}");
        output.WriteLine($"after it: {after}");
        Assert.Equal((1, 1), (running.Sent, running.Whole));
        Assert.Equal(0, during.Lost + during.Told);
        Assert.Equal(during.Sent, during.Whole + during.Refused);
        Assert.Equal((1, 1), (one.Stats.MaxRunning, two.Stats.MaxRunning));
        Assert.All(_nodes, n => Assert.False(n.HasExited, n.Output));
    }

    [Fact]
    public async Task TheLivePages_OfFrontEndsWithoutGrains_FollowEverySilo_AndGoOnAfterOneWasKilled()
    {
        const string Master = "sk-the-master-key-1234";
        await using var ollama = await PacedAsync();
        await StartNodesAsync(Setup.Model("m", ollama) + $"general_settings: {{master_key: {Master}}}\n", ollama);
        _http.DefaultRequestHeaders.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", Master);
        Assert.Contains("/ui/assets/app.js", await _http.GetStringAsync(new Uri(ApiA, "/ui/backends")), StringComparison.Ordinal);
        using var first = await Browser.SignInAsync(ApiA, Master);
        using var second = first.At(ApiB);
        using var firsts = await first.WatchAsync();
        using var seconds = await second.WatchAsync();
        string? home = null;
        foreach (var events in (Events[])[firsts, seconds])
        {
            home = Node(await events.UntilAsync("backend", b => Node(b) is { Length: > 0 }, "the card, with the silo it comes from"));
            Assert.NotEqual(home, Node(await first.GetAsync("/ui/api/backends")));
        }

        await ToldOfRequestsAsync("before", firsts, seconds);
        var listed = (await second.GetAsync("/ui/api/requests?model=m")).GetProperty("data").EnumerateArray();
        Assert.Contains(listed, r => r.GetProperty("user").GetString() == "before");
        await SiloA.KillAsync();
        await ToldOfRequestsAsync("after", firsts, seconds);
        // Wherever it was before.
        var now = await Task.WhenAll(new[] { firsts, seconds }.Select(e => e.UntilAsync("backend", _ => true, "the card")));
        Assert.Equal(Node(now[0]), Node(now[1]));

        async Task ToldOfRequestsAsync(string user, params Events[] all)
        {
            var told = Task.WhenAll(all.Select(e => e.UntilAsync("request", r => r.GetProperty("user").GetString() == user, $"a request of '{user}' has ended")));
            for (var i = 0; !told.IsCompleted; i++)
            {
                using var content = JsonContent.Create(new { model = "m", user, messages = new[] { new { role = "user", content = "x" } } });
                (await _http.PostAsync(new Uri(i % 2 == 0 ? ApiA : ApiB, "/v1/chat/completions"), content)).Dispose();
                await Task.WhenAny(told, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System));
            }

            await told;
        }

        static string? Node(JsonElement told) => told.GetProperty("node").GetString();
    }

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(_folder);

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        if (_redis is not null) await _redis.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task<SimulatedOllama> PacedAsync(int tokens = 0, TimeSpan? perToken = null) => Setup.OllamaAsync(
        firstToken: TimeSpan.FromMilliseconds(20), perToken: perToken ?? TimeSpan.FromMilliseconds(10), tokens: tokens);

    private async Task StartNodesAsync(string models, params SimulatedOllama[] backends)
    {
        Assert.SkipUnless(_redis is not null, "no redis-server on this machine");
        await File.WriteAllTextAsync(Path.Combine(_folder, "gateway.yaml"), Setup.Config(models, Setup.QuietWith(", lease: 6", backends)));
        foreach (var role in (string[])["silo", "silo", "api", "api"])
        {
            _nodes.Add(GatewayProcessUnderTest.Start(_folder, $"--port 0 --role {role}", ("REDIS_URL", _redis.Url)));
        }

        foreach (var node in _nodes) await node.ReadyAsync();
        foreach (var api in (Uri[])[ApiA, ApiB])
        {
            await Eventually.UntilAsync(async () => (await _http.GetAsync(new Uri(api, "/health/readiness"))).IsSuccessStatusCode, "the node is ready");
        }
    }
}
