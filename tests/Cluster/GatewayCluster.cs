using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansLlm.Api;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Silos in this process, found dead as in production, and one front end without grains on a real socket.</summary>
internal sealed class GatewayCluster : IAsyncDisposable
{
    private readonly WebApplication _frontEnd;

    private GatewayCluster(InProcessTestCluster silos, WebApplication frontEnd)
    {
        (Silos, _frontEnd) = (silos, frontEnd);
        Http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync })
        {
            BaseAddress = new Uri(frontEnd.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
            Timeout = TimeSpan.FromMinutes(3),
        };
    }

    /// <summary>A client that leaves resets its connection: a storm of them would leave no ports for the next test's silos.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(enable: true, seconds: 0) };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public InProcessTestCluster Silos { get; }

    public HttpClient Http { get; }

    /// <param name="orderlyStop">Whether a silo drains when it stops. A silo killed in the same process is only stopped very rudely: without this.</param>
    public static async Task<GatewayCluster> StartAsync(string yaml, bool orderlyStop = false)
    {
        var (compiled, report) = ConfigLoader.Load(yaml, _ => null);
        Assert.DoesNotContain(report.Findings, f => f.Kind is FindingKind.Error or FindingKind.LeftOut);
        var catalog = new CatalogHolder(compiled);
        var store = new TestStorage();
        var builder = new InProcessTestClusterBuilder(3);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Configure<ClusterMembershipOptions>(o => Engine.FindTheDeadSoon(o, TimeSpan.FromSeconds(1)));
            silo.AddMemoryGrainStorage("PubSubStore");
            Engine.AddTokenStreams(silo, compiled.Settings.TokenTransport);
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(Names.TokenStreams, streams => streams.ConfigurePartitioning(Engine.TokenQueues)));
        builder.ConfigureSiloHost((_, host) =>
        {
            host.Services.AddSingleton<ICatalog>(catalog);
            host.Services.AddSingleton(new HostTraits(HoldersOutliveBackends: true));
            host.Services.AddGatewayGrains();
            host.Services.AddKeyedSingleton<IGrainStorage>(Names.StateStore, store);
            if (orderlyStop) host.Services.AddHostedService<OrderlyStop>();
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        var web = WebApplication.CreateSlimBuilder();
        web.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        web.Services.AddSingleton<IGrainFactory>(cluster.Client);
        web.Services.AddSingleton(cluster.Client);
        web.Services.AddSingleton<ICatalog>(catalog);
        web.Services.AddSingleton(TimeProvider.System);
        web.Services.AddGatewayApi();
        var frontEnd = web.Build();
        frontEnd.UseGatewayApi();
        frontEnd.MapGatewayApi();
        await frontEnd.StartAsync();
        return new GatewayCluster(cluster, frontEnd);
    }

    public Task<HttpResponseMessage> ChatAsync(string text, bool stream = false, string user = "u", CancellationToken cancellationToken = default) => Http.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(
                JsonSerializer.Serialize(new { model = "m", user, stream, messages = new[] { new { role = "user", content = text } } }), Encoding.UTF8, "application/json"),
        },
        HttpCompletionOption.ResponseHeadersRead,
        cancellationToken);

    public IBackendGrain Backend(Uri address) => Silos.Client.GetGrain<IBackendGrain>(Addresses.Normalise(address));

    public Task UntilAsync(Uri backend, Func<BackendSnapshot, bool> holds, string what, TimeSpan? limit = null) =>
        Support.Eventually.UntilAsync(async () => holds(await Backend(backend).GetSnapshotAsync()), what, limit);

    public async Task<InProcessSiloHandle> SiloOfAsync(IAddressable grain)
    {
        var address = await Silos.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        return Silos.GetSiloForAddress(address!)!;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _frontEnd.StopAsync();
        await _frontEnd.DisposeAsync();
        await Silos.DisposeAsync();
    }
}
