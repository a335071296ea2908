using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OrleansLlm.Bench.Endurance;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Grains.Keys;
using OrleansLlm.Grains.Responses;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Hosting;
using GrainCollectionOptions = Orleans.Configuration.GrainCollectionOptions;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>A whole gateway in this process, its table of routes and its log in reach.</summary>
internal sealed class FuzzGateway : IAsyncDisposable
{
    private static readonly TimeSpan Quantum = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IdleGrains = TimeSpan.FromSeconds(20);

    /// <summary>A cached answer may stay for its minute, one that was asked to live longer for as long as that: there are few.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder;
    private readonly SpoiltUpstream _upstream;
    private readonly HttpClient _http;

    private FuzzGateway(WebApplication app, DirectoryInfo folder, SpoiltUpstream upstream, ErrorLog errors)
    {
        (_app, _folder, _upstream) = (app, folder, upstream);
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        _http = new HttpClient { BaseAddress = address };
        Target = new FuzzTarget(new IPEndPoint(IPAddress.Loopback, address.Port), upstream, FuzzRoute.Of(app.Services.GetRequiredService<EndpointDataSource>()), errors);
    }

    public FuzzTarget Target { get; }

    public static async Task<FuzzGateway> StartAsync(int workers)
    {
        var upstream = new SpoiltUpstream();
        var folder = Directory.CreateTempSubdirectory("orleansllm-fuzz-");
        var errors = new ErrorLog();
        var live = new LiveCatalog(FuzzConfig.Yaml(upstream.Port, workers), OwnPorts.Variable);
        if (live.StartReport.HasErrors) throw new InvalidOperationException(string.Join('\n', live.StartReport.Findings.Select(f => f.Text)));
        var app = GatewayHost.Build(new GatewayOptions { Port = 0, DataFolder = folder.FullName, Variable = OwnPorts.Variable }, live, services =>
        {
            // A line for each request on the console is not what is looked at here.
            services.RemoveAll<ILoggerProvider>();
            services.AddSingleton<ILoggerProvider>(errors);
            services.Configure<GrainCollectionOptions>(KeepIdleGrainsShortly);
        });
        await app.StartAsync();
        return new FuzzGateway(app, folder, upstream, errors);
    }

    /// <summary>Grains in the memory of this process, as the gateway counts them itself.</summary>
    public async Task<int> GrainsAsync() => (int)(await Vitals.ReadAsync(_http))["orleansllm_grains"];

    /// <summary>Waits, when nobody asks any more, until what was there for the requests has left.</summary>
    /// <param name="most">So many may stay.</param>
    /// <returns>How many there are; more than may stay where waiting was in vain.</returns>
    public async Task<int> GrainsAtRestAsync(int most)
    {
        var began = TimeProvider.System.GetTimestamp();
        int grains;
        while ((grains = await GrainsAsync()) > most && TimeProvider.System.GetElapsedTime(began) < Rest) await Task.Delay(Look, TimeProvider.System);
        return grains;
    }

    /// <summary>A run has minutes: what is left of a request for a quarter of an hour would look like growth.</summary>
    private static void KeepIdleGrainsShortly(GrainCollectionOptions options)
    {
        (options.CollectionQuantum, options.CollectionAge) = (Quantum, IdleGrains);
        foreach (var kept in (Type[])[typeof(InferenceGrain), typeof(ResponseGrain), typeof(CompletionCacheGrain), typeof(SharedInferenceGrain), typeof(AccountIndexGrain)])
        {
            options.ClassSpecificCollectionAge[kept.FullName!] = IdleGrains;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _upstream.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
