using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Silos in this process, found dead as in production, and one front end without grains on a real socket.</summary>
internal sealed class GatewayCluster : IAsyncDisposable
{
    /// <summary>Of whoever waits for something of grains that were on a killed silo: longer than the time of several calls that are lost.</summary>
    public static readonly TimeSpan AfterAKill = TimeSpan.FromMinutes(3);

    private const int MostLost = 3;

    private readonly string _yaml;
    private readonly TestStorage _store;
    private readonly ManualTime _standing;
    private readonly ManualTime _silent;
    private readonly List<FrontEnd> _frontEnds = [];

    private GatewayCluster(InProcessTestCluster silos, string yaml, TestStorage store, ManualTime standing, ManualTime silent) =>
        (Silos, _yaml, _store, _standing, _silent) = (silos, yaml, store, standing, silent);

    public InProcessTestCluster Silos { get; }

    /// <summary>Of the front end without grains.</summary>
    public HttpClient Http => _frontEnds[0].Http;

    /// <param name="orderlyStop">Whether a silo drains when it stops. A silo killed in the same process is only stopped very rudely: without this.</param>
    public static async Task<GatewayCluster> StartAsync(string yaml, bool orderlyStop = false, Action<ISiloBuilder>? more = null)
    {
        var catalog = new LiveCatalog(yaml, _ => null);
        Assert.DoesNotContain(catalog.StartReport.Findings, f => f.Kind is FindingKind.Error or FindingKind.LeftOut);
        var store = new TestStorage();
        var standing = new ManualTime();
        var silent = new ManualTime();
        var builder = new InProcessTestClusterBuilder(3);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Configure<ClusterMembershipOptions>(o => Engine.FindTheDeadSoon(o, TimeSpan.FromSeconds(2)));
            silo.AddMemoryGrainStorage("PubSubStore");
            Engine.AddTokenStreams(silo, catalog.Current.Settings.TokenTransport);
            more?.Invoke(silo);
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(Names.TokenStreams, streams => streams.ConfigurePartitioning(Engine.TokenQueues)));
        builder.ConfigureSiloHost((options, host) =>
        {
            host.Services.AddSingleton(new NodeName(options.SiloName));
            host.Services.AddNodeCatalog(yaml);
            host.Services.AddSingleton(new HostTraits(HoldersOutliveBackends: true));
            host.Services.AddSingleton<Handovers>();
            host.Services.AddGatewayGrains();
            // Without the timer that would look twice a second.
            host.Services.AddSingleton(new Standstill(standing, new HostTraits(HoldersOutliveBackends: false)));
            // No reader of these tests is given up for being slow; one that has died is when a test says so.
            host.Services.AddSingleton(s => ActivatorUtilities.CreateInstance<DistantReaders>(s, silent));
            KnownInterfaces.AddTo(host.Services);
            host.Services.AddKeyedSingleton<IGrainStorage>(Names.StateStore, store);
            if (orderlyStop) host.Services.AddHostedService<OrderlyStop>();
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        var gateways = new GatewayCluster(cluster, yaml, store, standing, silent);
        await gateways.AddFrontEndAsync();
        return gateways;
    }

    /// <summary>A front end without grains.</summary>
    public Task<HttpClient> AddFrontEndAsync(TimeProvider? time = null) => AddFrontEndAsync(Silos.Client, $"front-end-{_frontEnds.Count}", handovers: null, time);

    /// <summary>A front end that shares a silo's process, as with <c>--role all</c>.</summary>
    public Task<HttpClient> AddFrontEndAsync(InProcessSiloHandle silo, TimeProvider? time = null) => AddFrontEndAsync(silo, HandoversOf(silo), time);

    /// <param name="handovers">Others than the silo's own: every inference is somewhere else.</param>
    public Task<HttpClient> AddFrontEndAsync(InProcessSiloHandle silo, Handovers handovers, TimeProvider? time = null) =>
        AddFrontEndAsync(silo.ServiceProvider.GetRequiredService<IClusterClient>(), silo.Name, handovers, time);

    public static Handovers HandoversOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<Handovers>();

    public Task<HttpResponseMessage> ChatAsync(string text, bool stream = false, string user = "u", CancellationToken cancellationToken = default) => Http.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = Chat(text, stream, user),
        },
        HttpCompletionOption.ResponseHeadersRead,
        cancellationToken);

    public static StringContent Chat(string text, bool stream = false, string user = "u") => new(
        JsonSerializer.Serialize(new { model = "m", user, stream, messages = new[] { new { role = "user", content = text } } }), Encoding.UTF8, "application/json");

    /// <summary>What a silo would find that begins a grain now; null: nothing.</summary>
    public async Task<T?> StoredAsync<T>(string name, IAddressable grain)
        where T : class
    {
        var stored = new GrainState<T>();
        await _store.ReadStateAsync(name, grain.GetGrainId(), stored);
        return stored.RecordExists ? stored.State : null;
    }

    public IBackendGrain Backend(Uri address) => Silos.Client.GetGrain<IBackendGrain>(Addresses.Normalise(address));

    /// <summary>All silos have stood still, as far as they can tell; for a backend that is named, another node has written its state meanwhile.</summary>
    public void StandStill(IBackendGrain? takenOver = null)
    {
        _standing.Advance(Standstill.Longest * 2);
        if (takenOver is not null) _store.WriteFromElsewhere(takenOver.GetGrainId());
    }

    /// <summary>So many looks have passed since readers in other processes were heard.</summary>
    public void KeepSilent(int ticks)
    {
        for (var i = 0; i < ticks; i++) _silent.Advance(DistantReaders.SilenceOf(new ClusterSettings()) / DistantReaders.MaxQuietTicks);
    }

    public Task UntilAsync(Uri backend, Func<BackendSnapshot, bool> holds, string what) =>
        UntilAsync(async () => holds(await Backend(backend).GetSnapshotAsync()), what);

    public static Task UntilAsync(Func<Task<bool>> holds, string what) => Support.Eventually.UntilAsync(() => AgainAsync(holds), what, AfterAKill);

    /// <summary>A call that was under way to a silo when that was killed is lost. Its time is over half a minute later; made again it finds another silo.</summary>
    public static async Task<T> AgainAsync<T>(Func<Task<T>> call)
    {
        for (var lost = 0; ; lost++)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (lost < MostLost && LostContact.Is(e))
            {
                // Again.
            }
        }
    }

    /// <inheritdoc cref="AgainAsync{T}"/>
    public static Task AgainAsync(Func<Task> call) => AgainAsync(async () =>
    {
        await call();
        return true;
    });

    public async Task<InProcessSiloHandle> SiloOfAsync(IAddressable grain)
    {
        var address = await AgainAsync(() => Silos.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain).AsTask());
        return Silos.GetSiloForAddress(address!)!;
    }

    /// <summary>The silo that runs the one inference there is.</summary>
    public InProcessSiloHandle SiloOfTheInference() => Silos.Silos.Single(s => s.ServiceProvider.GetRequiredService<ProcessDrain>().Running > 0);

    public async ValueTask DisposeAsync()
    {
        foreach (var frontEnd in _frontEnds) await frontEnd.DisposeAsync();
        await Silos.DisposeAsync();
    }

    private async Task<HttpClient> AddFrontEndAsync(IClusterClient client, string name, Handovers? handovers, TimeProvider? time)
    {
        var frontEnd = await FrontEnd.StartAsync(client, _yaml, new NodeName(name), handovers, time ?? TimeProvider.System);
        _frontEnds.Add(frontEnd);
        return frontEnd.Http;
    }
}
