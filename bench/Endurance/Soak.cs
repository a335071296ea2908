using System.Globalization;
using System.Text.Json;
using OrleansLlm.Bench.Gateways;

namespace OrleansLlm.Bench.Endurance;

/// <summary>
/// Mixed traffic at about 60 % load for a long time, with clients that leave, containers that misbehave and configurations that change: what
/// must stay flat, and what must be exact at the end.
/// </summary>
internal sealed class Soak(TimeSpan duration, TimeSpan warmUp, int seed = 1)
{
    private const int Keys = 40;

    /// <summary>Of 16 slots and 260 ms an answer: about 60 %.</summary>
    private const double PerSecond = 37;

    private static readonly TimeSpan FirstToken = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan PerToken = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FaultEvery = TimeSpan.FromSeconds(0.8);
    private static readonly TimeSpan ReloadEvery = TimeSpan.FromSeconds(15);

    private readonly Random _chance = new(seed);
    private readonly List<(double Minutes, Dictionary<string, double> Vitals)> _samples = [];
    private int _faults, _versions;

    public Findings Findings { get; } = new();

    public Books Books { get; } = new();

    /// <summary>Requests that were sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Of the time after the warm-up, in which so many requests were sent.</summary>
    public long SentSinceWarm { get; private set; }

    public int Faults => _faults;

    public int Reloads => _versions;

    /// <summary>By <see cref="Vitals.Watched"/>, after the warm-up, in their order.</summary>
    public Dictionary<string, Slope> Slopes { get; } = [];

    public async Task RunAsync(TextWriter to)
    {
        using var stillness = new Stillness();
        await using var fleet = await Fleet.StartAsync(FirstToken, PerToken);
        var folder = Directory.CreateTempSubdirectory("orleansllm-soak-").FullName;
        await using (var gateway = await BenchGateway.StartAsync(folder, fleet.Configuration(0)))
        {
            using var traffic = new Traffic(gateway.Http.BaseAddress!, Books, await KeysAsync(gateway), new Random(seed), PerSecond);
            using var stop = new CancellationTokenSource();
            var running = Task.WhenAll(traffic.RunAsync(stop.Token), MischiefAsync(fleet, stop.Token), ReloadAsync(fleet, folder, stop.Token));
            await SampleAsync(gateway, traffic, to);
            await stop.CancelAsync();
            await running;
            Sent = traffic.Sent;
            await LookAsync(gateway, fleet, Path.Combine(folder, "data"), stillness);
            foreach (var (metric, name, unit) in Vitals.Watched)
            {
                Slopes[name] = Slope.Of([.. _samples.Where(s => s.Minutes >= warmUp.TotalMinutes).Select(s => (s.Minutes, s.Vitals.GetValueOrDefault(metric) / unit))]);
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    public string Json() => JsonSerializer.Serialize(
        new
        {
            minutes = duration.TotalMinutes,
            warmUpMinutes = warmUp.TotalMinutes,
            seed,
            sent = Sent,
            sentSinceWarm = SentSinceWarm,
            faults = _faults,
            reloads = _versions,
            verdicts = Books.Counts.GroupBy(c => c.Key.Door).ToDictionary(g => g.Key, g => g.ToDictionary(c => c.Key.Verdict.ToString(), c => c.Value)),
            slopes = Slopes.ToDictionary(s => s.Key, s => new { s.Value.Mean, s.Value.PerMinute, s.Value.Error }),
            findings = Findings.All.Select(f => new { f.Holds, f.Text }),
            samples = _samples.Select(s => new { minutes = Math.Round(s.Minutes, 3), values = Vitals.Watched.Select(w => Math.Round(s.Vitals.GetValueOrDefault(w.Metric) / w.Unit, 2)) }),
        },
        new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static async Task<List<string>> KeysAsync(BenchGateway gateway)
    {
        var keys = new List<string>();
        for (var i = 0; i < Keys; i++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"sk-soak-{i:D8}-key");
            (await gateway.PostAsync("/key/generate", $$"""{"key":"{{key}}","max_budget":1000000,"budget_duration":"30d","rpm_limit":1000000}""")).EnsureSuccessStatusCode();
            keys.Add(key);
        }

        return keys;
    }

    private async Task MischiefAsync(Fleet fleet, CancellationToken cancellationToken)
    {
        while (await PauseAsync(FaultEvery, cancellationToken))
        {
            fleet.Backends[_chance.Next(fleet.Backends.Length)].Faults!.Add(Mischief.Any(_chance));
            _faults++;
        }
    }

    private async Task ReloadAsync(Fleet fleet, string folder, CancellationToken cancellationToken)
    {
        while (await PauseAsync(ReloadEvery, cancellationToken)) await fleet.ReloadAsync(folder, ++_versions);
    }

    private async Task SampleAsync(BenchGateway gateway, Traffic traffic, TextWriter to)
    {
        var began = TimeProvider.System.GetTimestamp();
        var warm = 0L;
        to.WriteLine($"{"min",6}{"sent",9}{"RSS MB",9}{"heap MB",9}{"files",7}{"threads",9}{"timers",8}{"grains",8}{"CPU s",8}");
        while (TimeProvider.System.GetElapsedTime(began) is var now && now < duration)
        {
            await Task.Delay(SampleEvery, TimeProvider.System);
            var vitals = await Vitals.ReadAsync(gateway.Http);
            if (_samples.Count == 0 || _samples[^1].Minutes < warmUp.TotalMinutes) warm = traffic.Sent;
            _samples.Add((TimeProvider.System.GetElapsedTime(began).TotalMinutes, vitals));
            if (_samples.Count % 6 != 0) continue;
            var values = Vitals.Watched.Select(w => vitals.GetValueOrDefault(w.Metric) / w.Unit).ToList();
            to.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{now.TotalMinutes,6:F1}{traffic.Sent,9}{values[0],9:F1}{values[1],9:F1}{values[2],7}{values[3],9}{values[4],8}{values[5],8}{gateway.Cpu.TotalSeconds,8:F0}"));
        }

        SentSinceWarm = traffic.Sent - warm;
    }

    /// <summary>The load is over: everything must come to rest, and every account agree.</summary>
    private async Task LookAsync(BenchGateway gateway, Fleet fleet, string data, Stillness stillness)
    {
        Findings.Add(Books.Of(Verdict.Torn, Verdict.Wrong, Verdict.Hung, Verdict.Unheard) == 0, $"every request was answered whole ({Books.Of(Verdict.Whole)}), failed with a reason ({Books.Of(Verdict.Failed)}) or left ({Books.Of(Verdict.Left)})");
        await AtRest.NoSlotIsHeldAsync(Findings, gateway.Http);
        await AtRest.NoContainerWorksAsync(Findings, fleet);
        AtRest.NoContainerHadTooMany(Findings, fleet, stillness);
        Findings.Add(fleet.Backends.Sum(b => b.Finished) >= Books.Counts.Where(c => c.Key.Verdict == Verdict.Whole && c.Key.Door != Door.Embedding.Name).Sum(c => c.Value), $"{fleet.Backends.Sum(b => b.Finished)} inferences finished, for as many whole answers at least");
        await Findings.AddAsync(
            async () =>
            {
                var counted = (long)(await Vitals.ReadAsync(gateway.Http)).GetValueOrDefault("orleansllm_requests_total");
                var rows = LedgerFile.RequestIds(data);
                var missing = Books.Known.Keys.Count(id => !rows.Contains(id));
                var unknown = rows.Count(id => !Books.Known.ContainsKey(id));
                return (missing == 0 && rows.Count == counted && unknown <= Books.Unnamed, $"{rows.Count} ledger rows for {counted} requests ended; {missing} of {Books.Known.Count} that have an id lack one; {unknown} of {Books.Unnamed} that left before they had one");
            });
        Findings.Add((await Vitals.ReadAsync(gateway.Http)).GetValueOrDefault("orleansllm_leases_expired_total") == 0, "no lease had to be taken back");
    }

    private static async Task<bool> PauseAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        await Task.Delay(time, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }
}
