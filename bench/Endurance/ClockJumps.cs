using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Bench.Endurance;

/// <summary>
/// A gateway in this process whose machine's clock is set by hours, again and again, while clients ask and leave. Nothing else goes wrong: nothing may fail.
/// </summary>
internal sealed class ClockJumps(int seed, TimeSpan duration) : IDisposable
{
    /// <summary>So short that one that went by the clock on the wall would be taken back at each jump.</summary>
    private const int Lease = 30;

    private const int Talkers = 3;
    private const double PerSecond = 20;
    private const double MostHours = 8;
    private static readonly TimeSpan JumpEvery = TimeSpan.FromSeconds(0.7);
    private static readonly TimeSpan FirstToken = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan PerToken = TimeSpan.FromMilliseconds(8);

    private readonly CancellationTokenSource _over = new();
    private readonly JumpingClock _clock = new();
    private readonly Witness _witness = new();
    private int _marker;

    public Findings Findings { get; } = new();

    public Books Books { get; } = new();

    public int Jumps { get; private set; }

    public async Task RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-clock-").FullName;
        await using var fleet = await Fleet.StartAsync(FirstToken, PerToken);
        var app = Build(folder, fleet.Configuration(version: 0, Lease, keepAll: true));
        await app.StartAsync();
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        using (var http = new HttpClient { BaseAddress = address })
        using (var client = new Client(address))
        using (var traffic = new Traffic(address, Books, [BenchGateway.Master], new Random(seed), PerSecond))
        {
            _over.CancelAfter(duration);
            await Task.WhenAll([traffic.RunAsync(_over.Token), JumpAsync(), MakeKeysAsync(http), .. Enumerable.Range(0, Talkers).Select(n => TalkAsync(client, n))]);
            await LookAsync(fleet, http, folder);
        }

        await app.StopAsync();
        await app.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    public void Dispose() => _over.Dispose();

    private WebApplication Build(string folder, string yaml) => GatewayHost.Build(
        new GatewayOptions { Port = 0, DataFolder = folder, Variable = OwnPorts.Variable },
        new LiveCatalog(yaml, OwnPorts.Variable),
        services =>
        {
            services.RemoveAll<ILoggerProvider>();
            services.AddSingleton<TimeProvider>(_clock);
        });

    private async Task JumpAsync()
    {
        var chance = new Random(seed);
        for (; await PauseAsync(JumpEvery); Jumps++) _clock.Set(TimeSpan.FromHours(MostHours * ((2 * chance.NextDouble()) - 1)));
    }

    /// <summary>Turn after turn of one conversation.</summary>
    private async Task TalkAsync(Client client, int number)
    {
        var conversation = $"talk-{number}";
        while (!_over.IsCancellationRequested)
        {
            var marker = string.Create(CultureInfo.InvariantCulture, $"clock-{seed}-{Interlocked.Increment(ref _marker)}");
            var asked = await client.AskAsync(Door.ChatStream, marker, BenchGateway.Master, conversation);
            Books.Note(Door.ChatStream, asked);
            if (asked.Verdict == Verdict.Whole) _witness.Turn(conversation, marker);
            else Books.Odd($"{marker}: {asked.Verdict}, {asked.Status} {asked.Reason}");
        }
    }

    private async Task MakeKeysAsync(HttpClient http)
    {
        for (var number = 0; await PauseAsync(Witness.KeyEvery); number++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"sk-clock-{seed}-{number:D8}");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/key/generate") { Content = new StringContent($$"""{"key":"{{key}}"}""", Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new("Bearer", BenchGateway.Master);
            using var answer = await http.SendAsync(request);
            if (answer.StatusCode == HttpStatusCode.OK) _witness.Key(key);
            else Books.Odd($"{key}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private async Task LookAsync(Fleet fleet, HttpClient http, string data)
    {
        var notWhole = Books.Counts.Where(c => c.Key.Verdict is not (Verdict.Whole or Verdict.Left)).Sum(c => c.Value);
        Findings.Add(Jumps > 0 && notWhole == 0, $"{Jumps} jumps of the clock; {Books.Of(Verdict.Whole)} requests were answered whole, {Books.Of(Verdict.Left)} left, {notWhole} ended otherwise");
        await AtRest.NoSlotIsHeldAsync(Findings, http);
        Findings.Add(fleet.Backends.All(b => b.MostRunning <= Fleet.Slots), $"most at once in each container: {string.Join(", ", fleet.Backends.Select(b => b.MostRunning))} of {Fleet.Slots}");
        var expired = (await Vitals.ReadAsync(http)).GetValueOrDefault("orleansllm_leases_expired_total");
        Findings.Add(expired == 0, $"{expired} leases were taken back");
        await _witness.LookAsync(http, Findings);
        await Findings.AddAsync(
            () =>
            {
                var rows = LedgerFile.RequestIds(data);
                var missing = Books.Known.Keys.Count(id => !rows.Contains(id));
                return Task.FromResult((missing == 0, $"{Books.Known.Count} requests that have an id, {missing} without a ledger row"));
            });
        var spread = LedgerFile.Spread(data);
        Findings.Add(spread > TimeSpan.FromHours(1), string.Create(CultureInfo.InvariantCulture, $"this clock is the gateway's: the ledger's times are {spread.TotalHours:F1} hours apart"));
    }

    private async Task<bool> PauseAsync(TimeSpan time)
    {
        await Task.Delay(time, TimeProvider.System, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_over.IsCancellationRequested;
    }
}
