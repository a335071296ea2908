using System.Globalization;
using System.Net;
using System.Text.Json;
using OrleansLlm.Bench.Gateways;

namespace OrleansLlm.Bench.Endurance;

/// <summary>One run of a <see cref="ChaosPlan"/> under load, and what the books of all sides say afterwards.</summary>
internal sealed class Chaos(int seed, TimeSpan duration, ChaosKind[] kinds) : IDisposable
{
    private const int Workers = 10;
    private const int Talkers = 4;
    private const int StormClients = 120;
    private const int MostLines = 60;
    private static readonly TimeSpan FirstToken = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan PerToken = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Requests that ended so shortly before a kill may have lost their row: it is written behind.</summary>
    private static readonly TimeSpan WrittenBehind = TimeSpan.FromSeconds(5);

    /// <summary>The promise: after the last fault it takes no longer until all is well.</summary>
    public static readonly TimeSpan SoonWell = TimeSpan.FromSeconds(10);

    private static readonly Door[] Doors = [Door.ChatStream, Door.ChatStream, Door.ChatWhole, Door.Ollama, Door.Messages, Door.ResponseStream, Door.ResponseWhole];

    private readonly CancellationTokenSource _stop = new();
    private readonly Witness _witness = new();
    private int _version, _marker, _key, _odd;

    public Findings Findings { get; } = new();

    public Books Books { get; } = new();

    /// <summary>From the end of the last fault until everything works.</summary>
    public TimeSpan WellAfter { get; private set; }

    public int Writes => _witness.Writes;

    public int FailedStarts { get; private set; }

    public bool StoreCouldBeFull { get; private set; }

    public IReadOnlyList<ChaosEvent> Plan { get; } = ChaosPlan.Of(seed, duration, 4, kinds);

    public async Task RunAsync(Action<string> tell)
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-chaos-").FullName;
        using (var disk = new SmallDisk(Path.Combine(folder, "data")))
        {
            StoreCouldBeFull = disk.CanBeFull;
            using var stillness = new Stillness();
            await using var fleet = await Fleet.StartAsync(FirstToken, PerToken);
            await using var gateway = new Supervised(folder, () => fleet.Configuration(_version, keepAll: true));
            await gateway.StartAsync();
            using var client = new Client(gateway.Address);
            var load = Task.WhenAll([.. Enumerable.Range(0, Workers).Select(n => WorkAsync(client, gateway, n)), .. Enumerable.Range(0, Talkers).Select(n => TalkAsync(client, gateway, n)), MakeKeysAsync(gateway)]);
            await PlayAsync(fleet, gateway, disk, client, folder, tell);
            await GetWellAsync(fleet, gateway, client);
            await _stop.CancelAsync();
            await load;
            FailedStarts = gateway.FailedStarts;
            await LookAsync(fleet, gateway, disk.Folder, stillness);
            if (!Findings.Hold) tell(string.Join('\n', gateway.Gateway.LastLines(MostLines)));
        }

        Directory.Delete(folder, recursive: true);
    }

    public void Dispose() => _stop.Dispose();

    private async Task PlayAsync(Fleet fleet, Supervised gateway, SmallDisk disk, Client client, string folder, Action<string> tell)
    {
        var began = TimeProvider.System.GetTimestamp();
        var running = new List<Task>();
        foreach (var next in Plan)
        {
            var wait = next.At - TimeProvider.System.GetElapsedTime(began);
            if (wait > TimeSpan.Zero) await Task.Delay(wait, TimeProvider.System);
            tell(string.Create(CultureInfo.InvariantCulture, $"{next.At.TotalSeconds,6:F1} s  {next.Kind} for {next.For.TotalSeconds:F1} s{(next.Kind is ChaosKind.Death or ChaosKind.Misbehaviour ? $" at {next.Backend}" : "")} {next.Fault?.Kind}{(next.Fault is null ? "" : $" × {next.Fault.Count}")}"));
            // A killed gateway is started again before anything else happens to it.
            if (next.Kind == ChaosKind.Kill) await gateway.KillAsync();
            else if (next.Kind == ChaosKind.KillAndReadOnly) await gateway.KillAsync(() => disk.BeReadOnlyAsync(next.For));
            else running.Add(HappenAsync(next, fleet, gateway, disk, client, folder));
        }

        await Task.WhenAll(running);
    }

    private async Task HappenAsync(ChaosEvent happens, Fleet fleet, Supervised gateway, SmallDisk disk, Client client, string folder)
    {
        var backend = fleet.Backends[happens.Backend];
        switch (happens.Kind)
        {
            case ChaosKind.Death:
                await backend.DieAsync();
                await Task.Delay(happens.For, TimeProvider.System);
                await backend.ComeBackAsync();
                break;
            case ChaosKind.Misbehaviour:
                backend.Faults?.Add(happens.Fault!);
                await Task.Delay(happens.For, TimeProvider.System);
                backend.Faults?.Clear();
                break;
            case ChaosKind.StoreFull:
                disk.Fill();
                await Task.Delay(happens.For, TimeProvider.System);
                disk.Empty();
                break;
            case ChaosKind.StoreLocked:
                using (disk.Lock()) await Task.Delay(happens.For, TimeProvider.System);
                break;
            case ChaosKind.Storm:
                await Task.WhenAll(Enumerable.Range(0, StormClients).Select(n => StormAsync(client, gateway, new Random(HashCode.Combine(seed, happens.At, n)))));
                break;
            default:
                await fleet.ReloadAsync(folder, Interlocked.Increment(ref _version), keepAll: true);
                break;
        }
    }

    private async Task WorkAsync(Client client, Supervised gateway, int number)
    {
        var chance = new Random(HashCode.Combine(seed, number));
        while (!_stop.IsCancellationRequested)
        {
            var door = Doors[chance.Next(Doors.Length)];
            TimeSpan? stays = chance.Next(7) == 0 ? TimeSpan.FromMilliseconds(chance.Next(300)) : null;
            var asked = await AskAsync(client, gateway, door, stays);
            if (asked is { Verdict: Verdict.Whole, Id: { } id }) _witness.Response(id, asked.Marker);
            await Task.Delay(asked.Verdict is Verdict.Whole or Verdict.Left ? TimeSpan.FromMilliseconds(chance.Next(40)) : Look, TimeProvider.System);
        }
    }

    /// <summary>Turn after turn of one conversation.</summary>
    private async Task TalkAsync(Client client, Supervised gateway, int number)
    {
        var conversation = $"talk-{number}";
        while (!_stop.IsCancellationRequested)
        {
            var asked = await AskAsync(client, gateway, number % 2 == 0 ? Door.ChatStream : Door.ChatWhole, stays: null, conversation);
            if (asked.Verdict == Verdict.Whole) _witness.Turn(conversation, asked.Marker);
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    private Task StormAsync(Client client, Supervised gateway, Random chance) =>
        AskAsync(client, gateway, Doors[chance.Next(Doors.Length)], chance.Next(4) == 0 ? null : TimeSpan.FromMilliseconds(chance.Next(400)));

    private async Task<Asked> AskAsync(Client client, Supervised gateway, Door door, TimeSpan? stays, string? conversation = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var leaving = new CancellationTokenSource();
        if (stays is { } stay) leaving.CancelAfter(stay);
        var marker = string.Create(CultureInfo.InvariantCulture, $"chaos-{seed}-{Interlocked.Increment(ref _marker)}");
        var asked = await client.AskAsync(door, marker, BenchGateway.Master, conversation, leaving.Token);
        Books.Note(door, asked);
        // Whoever asked a process that died knows why.
        var excused = asked.Verdict is Verdict.Torn or Verdict.Unheard && gateway.WasDown(began, TimeProvider.System.GetTimestamp());
        if (asked.Verdict is Verdict.Whole or Verdict.Failed or Verdict.Left || excused) return asked;
        Interlocked.Increment(ref _odd);
        Books.Odd($"{door.Name}, {asked.Marker}, {asked.RequestId}: {asked.Verdict}, {asked.Status} {asked.Reason}");
        return asked;
    }

    private async Task MakeKeysAsync(Supervised gateway)
    {
        while (!_stop.IsCancellationRequested)
        {
            await MakeKeyAsync(gateway);
            await Task.Delay(Witness.KeyEvery, TimeProvider.System);
        }
    }

    private async Task<bool> MakeKeyAsync(Supervised gateway)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"sk-chaos-{seed}-{Interlocked.Increment(ref _key):D8}");
        try
        {
            using var answer = await gateway.Gateway.PostAsync("/key/generate", $$"""{"key":"{{key}}"}""");
            if (answer.StatusCode != HttpStatusCode.OK) return false;
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            _witness.Key(json.RootElement.GetProperty("key").GetString()!);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or ObjectDisposedException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Nothing is wrong any more, and the load goes on. Well: every container serves, and what is stored is stored.</summary>
    private async Task GetWellAsync(Fleet fleet, Supervised gateway, Client client)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Findings.Patience)
        {
            var served = await Task.WhenAll(fleet.Backends.Select((_, n) => AskAsync(client, gateway, Door.ChatStream with { Body = m => Door.ChatStream.Body(m).Replace("\"m\"", $"\"m{n}\"", StringComparison.Ordinal) }, stays: null)));
            if (served.All(a => a.Verdict == Verdict.Whole) && await MakeKeyAsync(gateway) && (await AskAsync(client, gateway, Door.ChatStream, stays: null, "well")).Verdict == Verdict.Whole) break;
            await Task.Delay(Look, TimeProvider.System);
        }

        WellAfter = TimeProvider.System.GetElapsedTime(began);
        Findings.Add(WellAfter < Findings.Patience, string.Create(CultureInfo.InvariantCulture, $"well again {WellAfter.TotalSeconds:F1} s after the last fault"));
    }

    private async Task LookAsync(Fleet fleet, Supervised supervised, string data, Stillness stillness)
    {
        var gateway = supervised.Gateway;
        Findings.Add(_odd == 0, $"every request was answered whole and once ({Books.Of(Verdict.Whole)}), failed with a reason ({Books.Of(Verdict.Failed)}), left ({Books.Of(Verdict.Left)}), or its gateway was killed ({Books.Of(Verdict.Torn, Verdict.Unheard) - _odd}); otherwise: {_odd}");
        await AtRest.NoSlotIsHeldAsync(Findings, gateway.Http);
        await AtRest.NoContainerWorksAsync(Findings, fleet);
        AtRest.NoContainerHadTooMany(Findings, fleet, stillness);
        foreach (var backend in fleet.Backends.Where(b => b.MostRunning > Fleet.Slots)) Findings.Add(true, Overrun(backend));
        Findings.Add(fleet.Backends.Sum(b => b.Finished) >= Books.Of(Verdict.Whole), $"{fleet.Backends.Sum(b => b.Finished)} inferences finished, for as many whole answers at least");
        await _witness.LookAsync(gateway.Http, Findings);
        var behind = (long)(WrittenBehind.TotalSeconds * TimeProvider.System.TimestampFrequency);
        var answered = Books.Known.Values.Where(a => a.Verdict == Verdict.Whole).ToList();
        await Findings.AddAsync(
            () =>
            {
                var rows = LedgerFile.RequestIds(data);
                var without = answered.Where(a => !rows.Contains(a.RequestId!)).ToList();
                var missing = without.Count(a => !supervised.WasDown(a.Ended, a.Ended + behind));
                return Task.FromResult((missing == 0, $"{answered.Count} answered requests, {missing} without a ledger row, {without.Count - missing} more whose row was still to be written in a kill"));
            });
    }

    /// <summary>Who was in a container when it was too full, and what became of them.</summary>
    private string Overrun(Backend backend) => "too many: " + string.Join("; ", backend.Fullest.Select(run =>
        string.Create(CultureInfo.InvariantCulture, $"{run.Marker} for {run.Age.TotalSeconds:F2} s{(run.ClientGone ? ", client gone" : "")}, {Books.OfMarker(run.Marker)?.Verdict}")));
}
