using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;
using OrleansLlm.Tests.Processes;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Real processes, a real Redis, a real SIGKILL. Skipped where there is no redis-server.</summary>
public sealed class RedisClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-cluster-").FullName;
    private Process? _redis;
    private int _redisPort;

    [Fact]
    public async Task KillingASiloUnderALoadOfStreams_LosesNoRequestAndRunsNoneTwiceAtOnce()
    {
        Assert.SkipUnless(_redis is not null, "no redis-server on this machine");
        await using var one = await Setup.OllamaAsync(firstToken: TimeSpan.FromMilliseconds(20), perToken: TimeSpan.FromMilliseconds(10));
        await using var two = await Setup.OllamaAsync(firstToken: TimeSpan.FromMilliseconds(20), perToken: TimeSpan.FromMilliseconds(10));
        await File.WriteAllTextAsync(Path.Combine(_folder, "gateway.yaml"), Setup.Config(Setup.Model("m", one) + Setup.Model("m", two), Setup.QuietWith(", lease: 6", one, two)));
        await using var siloA = Start("--role silo");
        await using var siloB = Start("--role silo");
        await using var apiA = Start("--role api");
        await using var apiB = Start("--role api");
        foreach (var node in (GatewayProcessUnderTest[])[siloA, siloB, apiA, apiB]) await node.ReadyAsync();
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
        foreach (var api in (GatewayProcessUnderTest[])[apiA, apiB])
        {
            await Eventually.UntilAsync(async () => (await http.GetAsync(new Uri(api.Address, "/health/readiness"))).IsSuccessStatusCode, "the node is ready");
        }

        var ledger = new Ledger();
        using var enough = new CancellationTokenSource();
        var load = Enumerable.Range(0, 12).Select(c => RunClientAsync(http, c % 2 == 0 ? apiA : apiB, c, ledger, enough.Token)).ToList();
        await Eventually.UntilAsync(() => ledger.Whole >= 40, "forty answers before the kill");
        await siloA.KillAsync();
        var before = ledger.Whole;
        await Eventually.UntilAsync(() => ledger.Whole >= before + 40, "forty answers after the kill", TimeSpan.FromMinutes(2));
        await enough.CancelAsync();
        await Task.WhenAll(load);

        output.WriteLine($"sent {ledger.Sent}, whole {ledger.Whole}, told of the loss mid-stream {ledger.Told}, refused {ledger.Refused}, lost {ledger.Lost}; longest pause {ledger.LongestPause.TotalSeconds:F1} s");
        Assert.Equal(0, ledger.Lost);
        Assert.Equal(ledger.Sent, ledger.Whole + ledger.Told + ledger.Refused);
        Assert.Equal((1, 1), (one.Stats.MaxRunning, two.Stats.MaxRunning));
    }

    public async ValueTask InitializeAsync()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        _redisPort = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        try
        {
            _redis = Process.Start(new ProcessStartInfo("redis-server", $"--port {_redisPort} --bind 127.0.0.1 --appendonly yes --dir {_folder} --save \"\"") { RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return;
        }

        await Eventually.UntilAsync(
            async () =>
            {
                try
                {
                    using var socket = new TcpClient();
                    await socket.ConnectAsync(IPAddress.Loopback, _redisPort);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            "Redis answers");
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
        {
            _redis.Kill();
            await _redis.WaitForExitAsync();
            _redis.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static async Task RunClientAsync(HttpClient http, GatewayProcessUnderTest api, int client, Ledger ledger, CancellationToken enough)
    {
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            ledger.Count(ref ledger.Sent);
            var started = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(api.Address, "/v1/chat/completions"))
            {
                Content = new StringContent($$"""{"model":"m","stream":true,"user":"u{{client}}","messages":[{"role":"user","content":"c{{client}}-{{i}}"}]}"""),
            };
            var response = await http.SendAsync(request, CancellationToken.None);
            var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
            ledger.Pause(Stopwatch.GetElapsedTime(started));
            if (!response.IsSuccessStatusCode) ledger.Count(ref ledger.Refused);
            else if (text.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal)) ledger.Count(ref ledger.Whole);
            else if (text.Contains("data: {\"error\":", StringComparison.Ordinal)) ledger.Count(ref ledger.Told);
            else ledger.Count(ref ledger.Lost);
        }
    }

    private GatewayProcessUnderTest Start(string arguments) => GatewayProcessUnderTest.Start(
        _folder, $"--port 0 {arguments}", ("REDIS_URL", $"redis://127.0.0.1:{_redisPort}"), ("SILO_PORT", "0"), ("GATEWAY_PORT", "0"));

    /// <summary>What became of every request.</summary>
    private sealed class Ledger
    {
        public int Sent;
        public int Whole;
        public int Told;
        public int Refused;
        public int Lost;
        private long _longest;

        public TimeSpan LongestPause => new(Interlocked.Read(ref _longest));

        public void Count(ref int counter) => Interlocked.Increment(ref counter);

        public void Pause(TimeSpan took)
        {
            long seen;
            while (took.Ticks > (seen = Interlocked.Read(ref _longest)) && Interlocked.CompareExchange(ref _longest, took.Ticks, seen) != seen)
            {
            }
        }
    }
}
