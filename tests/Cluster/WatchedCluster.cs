using System.Net.Http.Headers;
using Orleans.TestingHost;
using OrleansLlm.Backends;
using OrleansLlm.Simulator;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;
using OrleansLlm.Tests.Gateway.Pages;

namespace OrleansLlm.Tests.Cluster;

/// <summary>
/// A cluster with one backend that is watched in two browsers: one at a front end on a silo, one at a front end apart. Both front ends have one clock, which moves only when
/// a test says so.
/// </summary>
internal sealed class WatchedCluster : IAsyncDisposable
{
    public const string Master = "sk-the-master-key-1234";

    public static readonly TimeSpan WholeTest = TimeSpan.FromMinutes(30);

    private readonly List<IDisposable> _open = [];

    private WatchedCluster(GatewayCluster nodes, SimulatedOllama ollama)
    {
        Nodes = nodes;
        Backend = nodes.Backend(ollama.BaseAddress);
    }

    public GatewayCluster Nodes { get; }

    public IBackendGrain Backend { get; }

    /// <summary>Where the backend lived at first.</summary>
    public InProcessSiloHandle Home { get; private set; } = null!;

    public ManualTime Clock { get; } = new();

    public Browser Near { get; private set; } = null!;

    public Browser Far { get; private set; } = null!;

    public Events Nears { get; private set; } = null!;

    public Events Fars { get; private set; } = null!;

    public Events[] Both => [Nears, Fars];

    /// <param name="nearIsHome">The near front end is at home; else at another silo.</param>
    public static async Task<WatchedCluster> StartAsync(SimulatedOllama ollama, bool nearIsHome = false)
    {
        var cluster = new WatchedCluster(await StartNodesAsync(ollama), ollama);
        cluster.Home = await cluster.KeepTellingAsync();
        var silo = nearIsHome ? cluster.Home : cluster.Nodes.Silos.Silos.First(s => s != cluster.Home);
        cluster.Near = await cluster.SignInAsync(await cluster.Nodes.AddFrontEndAsync(silo, cluster.Clock));
        cluster.Far = await cluster.SignInAsync(await cluster.Nodes.AddFrontEndAsync(cluster.Clock));
        cluster._open.Add(cluster.Nears = await cluster.Near.WatchAsync());
        cluster._open.Add(cluster.Fars = await cluster.Far.WatchAsync());
        return cluster;
    }

    public static async Task<GatewayCluster> StartNodesAsync(SimulatedOllama ollama)
    {
        var nodes = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + $"general_settings: {{master_key: {Master}}}\n"));
        nodes.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Master);
        return nodes;
    }

    /// <summary>However long the test takes, what is watched tells the streams of each change: as if a browser somewhere else watched as well.</summary>
    /// <returns>Where the backend lives.</returns>
    public async Task<InProcessSiloHandle> KeepTellingAsync()
    {
        await GatewayCluster.AgainAsync(() => Backend.WatchAsync(WholeTest));
        return await Nodes.SiloOfAsync(Backend);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var open in Enumerable.Reverse(_open)) open.Dispose();
        await Nodes.DisposeAsync();
    }

    private async Task<Browser> SignInAsync(HttpClient node)
    {
        var browser = await Browser.SignInAsync(node.BaseAddress!, Master);
        _open.Add(browser);
        return browser;
    }
}
