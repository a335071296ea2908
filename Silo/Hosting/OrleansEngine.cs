using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.GrainDirectory;
using Orleans.GrainDirectory.Redis;
using Orleans.Runtime.Hosting;
using OrleansLlm.Catalog;
using OrleansLlm.Grains;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Inference;
using OrleansLlm.Telemetry;
using StackExchange.Redis;

namespace OrleansLlm.Silo.Hosting;

/// <summary>The engine of a cluster: Microsoft Orleans. Compiled only for it; see Silo.csproj and docs/operations.md.</summary>
internal static class Engine
{
    public const string Name = "Orleans";

    /// <summary>Missed probes after which a neighbour is suspected, and votes that declare it dead: about three and a half probe intervals.</summary>
    private const int MissedProbes = 3;
    private const int Votes = 2;
    internal const int TokenQueues = 4;

    /// <summary>
    /// Places of grains that a silo remembers, 0.4 KB each: more than it has users at work. Each request has a grain of its own whose place nobody asks
    /// for again, and a silo that keeps the default million of them grows by as much for its first hours.
    /// </summary>
    internal const int KnownPlaces = 100_000;

    /// <summary>The store in which Orleans' streams keep who has subscribed; the name is theirs.</summary>
    private const string Subscriptions = "PubSubStore";

    // Where Linux begins to give ports by itself (ip_local_port_range).
    private const int FirstOfTheSystem = 32_768;
    private const int FirstFree = 20_000;

    /// <summary>There may be others in the cluster.</summary>
    public static bool HasOtherNodes => true;

    /// <summary>Why this engine cannot run these options; null when it can.</summary>
    public static string? Refuse(GatewayOptions options)
    {
        // It runs every role.
        _ = options;
        return null;
    }

    /// <summary>What kept the engine from starting, where that is known; null: it is not of this engine, or nobody knows.</summary>
    public static string? WhyNotStarted(Exception exception) => exception is RedisException or RedisTimeoutException
        ? $"Redis, which holds the cluster together, does not serve: {exception.GetBaseException().Message.Split(',')[0]}. Is it running, and are address and password right "
            + "(gateway_settings.cluster.redis, or REDIS_URL)?"
        : null;

    public static void UseEngine(this WebApplicationBuilder builder, GatewayOptions options, GatewaySettings settings)
    {
        builder.Services.AddSingleton(services => new HostTraits(HoldersOutliveBackends: true) { HasOthers = () => HasOtherSilos(services) });
        if (settings.Cache.Redis is { } cache && options.Role != NodeRole.Api)
        {
            builder.Services.AddSingleton<ICacheStore>(new RedisCacheStore(Redis(cache), settings.Cluster.ServiceId));
        }

        KnownInterfaces.AddTo(builder.Services);
        if (options.Role == NodeRole.Api) builder.UseOrleansClient(client => ConfigureClient(client, settings.Cluster));
        else builder.UseOrleans(silo => ConfigureSilo(silo, settings));
        EngineStop.Bound(builder.Services, static type => type.Assembly.GetName().Name!.StartsWith("Orleans.", StringComparison.Ordinal));
        if (options.Role != NodeRole.Api) builder.Services.AddSingleton<Handovers>();
    }

    /// <summary>As far as membership knows; where there is none to ask, in a front end without grains, nobody is the only one.</summary>
    private static bool HasOtherSilos(IServiceProvider services) => services.GetService<ISiloStatusOracle>() is not { } silos
        || silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Any(silo => !silo.Equals(silos.SiloAddress));

    /// <summary>The Orleans Dashboard, behind the master key like everything that is not marked free.</summary>
    public static void MapEngine(this WebApplication app) => app.MapOrleansDashboard("/dashboard");

    public static string DescribeState(GatewayOptions options, GatewaySettings settings) => settings.Cluster.Clustering == ClusterSettings.Redis
        ? $"Redis, service {settings.Cluster.ServiceId}"
        : "memory of the silos: forgotten when they stop (gateway_settings.cluster.redis keeps it)";

    /// <summary>
    /// A killed silo is dead to the others after three missed probes and two votes: under five seconds with an interval of one. One that stands still (a paused machine) has its
    /// connections yet, and is dead when these have been silent for three of the longest probes: soon enough for those who hold its backends' slots to renew their leases where the
    /// backends wake. The price: a silo that stands still for so long is voted out, and ends when it goes on.
    /// </summary>
    internal static void FindTheDeadSoon(ClusterMembershipOptions options, TimeSpan probeInterval)
    {
        options.ProbeTimeout = probeInterval;
        options.MaxProbeTimeout = probeInterval * 2;
        options.NumMissedProbesLimit = MissedProbes;
        options.NumVotesForDeathDeclaration = Votes;
        options.TableRefreshTimeout = probeInterval * 5;
        options.IAmAliveTablePublishTimeout = probeInterval * 10;
    }

    /// <summary>
    /// Memory streams poll, idle or not. Where they carry every token the period is the latency of a token; where only a later reader of a
    /// resumable answer waits for it, a longer one saves the idle silo its cores.
    /// </summary>
    internal static void AddTokenStreams(ISiloBuilder silo, TokenTransport transport) => silo.AddMemoryStreams(Names.TokenStreams, streams =>
    {
        streams.ConfigurePartitioning(TokenQueues);
        var period = transport == TokenTransport.Stream ? TimeSpan.FromMilliseconds(10) : TimeSpan.FromMilliseconds(50);
        streams.ConfigurePullingAgent(agent => agent.Configure(o => o.GetQueueMsgsTimerPeriod = period));
    });

    private static void ConfigureSilo(ISiloBuilder silo, GatewaySettings settings)
    {
        var cluster = settings.Cluster;
        AddTokenStreams(silo, settings.TokenTransport);
        silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
        silo.Configure<ClusterMembershipOptions>(o => FindTheDeadSoon(o, cluster.ProbeInterval));
        silo.Configure<GrainDirectoryOptions>(o => o.CacheSize = KnownPlaces);
        silo.AddDashboard();
        var siloPort = PortOrFree(cluster.SiloPort);
        var gatewayPort = PortOrFree(cluster.GatewayPort);
        if (cluster.Clustering != ClusterSettings.Redis)
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: cluster.ServiceId, clusterId: cluster.ClusterId);
            silo.AddMemoryGrainStorage(Names.StateStore);
            silo.AddMemoryGrainStorage(Subscriptions);
            return;
        }

        var advertised = cluster.Advertise is { } address ? IPAddress.Parse(address) : null;
        if (advertised is null) silo.ConfigureEndpoints(siloPort, gatewayPort, listenOnAnyHostAddress: true);
        else silo.ConfigureEndpoints(advertised, siloPort, gatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(advertised));
        silo.UseRedisClustering(o => o.ConfigurationOptions = Redis(cluster.RedisConnection!));
        silo.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<MembershipWatch>(
            services, cluster.ProbeInterval * 5, (Func<Task<string?>>)new StoreKnock(Redis(cluster.RedisConnection!)).WhyRefusedAsync));
        silo.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<StoreAge>(services, Redis(cluster.RedisConnection!), cluster.ServiceId));
        var directory = new RedisGrainDirectoryOptions { ConfigurationOptions = Redis(cluster.RedisConnection!) };
        silo.AddGrainDirectory(
            GrainDirectoryAttribute.DEFAULT_GRAIN_DIRECTORY,
            (services, _) => new StoreDirectory(ActivatorUtilities.CreateInstance<RedisGrainDirectory>(services, directory), services.GetRequiredService<GatewayMetrics>().Process));
        foreach (var store in (string[])[Names.StateStore, Subscriptions])
        {
            silo.AddRedisGrainStorage(store, (Orleans.Persistence.RedisStorageOptions o) => o.ConfigurationOptions = Redis(cluster.RedisConnection!));
        }
    }

    private static void ConfigureClient(IClientBuilder client, ClusterSettings cluster)
    {
        client.AddDashboard();
        client.AddMemoryStreams(Names.TokenStreams, streams => streams.ConfigurePartitioning(TokenQueues));
        if (cluster.Clustering == ClusterSettings.Redis)
        {
            client.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
            client.UseRedisClustering(o => o.ConfigurationOptions = Redis(cluster.RedisConnection!));
        }
        else
        {
            client.UseLocalhostClustering(cluster.GatewayPort, cluster.ServiceId, cluster.ClusterId);
        }

        // A front end must not knock at a dead silo's door for the default minute.
        client.Configure<Orleans.Configuration.GatewayOptions>(o => o.GatewayListRefreshPeriod = cluster.ProbeInterval * 3);
        // The silos may start after the front end: keep knocking.
        client.UseConnectionRetryFilter(async (_, cancellation) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellation);
            return !cancellation.IsCancellationRequested;
        });
    }

    /// <summary>A Redis that is away for a while must not end the process: calls fail until it is back.</summary>
    private static ConfigurationOptions Redis(string connection)
    {
        var options = ConfigurationOptions.Parse(connection);
        options.AbortOnConnectFail = false;
        options.ConnectRetry = 3;
        options.ReconnectRetryPolicy = new LinearRetry(1000);
        return options;
    }

    /// <summary>
    /// Not one that the system would give: those it gives to outgoing connections as well, and one may take it between the look and the use.
    /// </summary>
    private static int PortOrFree(int port)
    {
        if (port != 0) return port;
        for (var tries = 0; tries < 100; tries++)
        {
            port = RandomNumberGenerator.GetInt32(FirstFree, FirstOfTheSystem);
            if (IsFree(port)) return port;
        }

        return port;
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Any, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
