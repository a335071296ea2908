using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>A whole gateway in this process, its table of routes and its log in reach.</summary>
internal sealed class FuzzGateway : IAsyncDisposable
{
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
        });
        await app.StartAsync();
        return new FuzzGateway(app, folder, upstream, errors);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _upstream.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
