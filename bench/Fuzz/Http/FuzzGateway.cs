using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Grains.Inference;
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

    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder;
    private readonly SpoiltUpstream _upstream;

    private FuzzGateway(WebApplication app, DirectoryInfo folder, SpoiltUpstream upstream, ErrorLog errors)
    {
        (_app, _folder, _upstream) = (app, folder, upstream);
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Target = new FuzzTarget(new IPEndPoint(IPAddress.Loopback, address.Port), upstream, FuzzRoute.Of(app.Services.GetRequiredService<EndpointDataSource>()), errors);
    }

    public FuzzTarget Target { get; }

    public static async Task<FuzzGateway> StartAsync(int workers)
    {
        var upstream = new SpoiltUpstream();
        var folder = Directory.CreateTempSubdirectory("orleansllm-fuzz-");
        var errors = new ErrorLog();
        var live = new LiveCatalog(FuzzConfig.Yaml(upstream.Port, workers), _ => null);
        if (live.StartReport.HasErrors) throw new InvalidOperationException(string.Join('\n', live.StartReport.Findings.Select(f => f.Text)));
        var app = GatewayHost.Build(new GatewayOptions { Port = 0, DataFolder = folder.FullName, Variable = _ => null }, live, services =>
        {
            // A line for each request on the console is not what is looked at here.
            services.RemoveAll<ILoggerProvider>();
            services.AddSingleton<ILoggerProvider>(errors);
            services.Configure<GrainCollectionOptions>(KeepIdleGrainsShortly);
        });
        await app.StartAsync();
        return new FuzzGateway(app, folder, upstream, errors);
    }

    /// <summary>A run has minutes: what is left of a request for a quarter of an hour would look like growth.</summary>
    private static void KeepIdleGrainsShortly(GrainCollectionOptions options)
    {
        (options.CollectionQuantum, options.CollectionAge) = (Quantum, IdleGrains);
        foreach (var kept in (Type[])[typeof(InferenceGrain), typeof(ResponseGrain), typeof(CompletionCacheGrain), typeof(SharedInferenceGrain)])
        {
            options.ClassSpecificCollectionAge[kept.FullName!] = IdleGrains;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _upstream.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
