using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

[assembly: AssemblyFixture(typeof(OrleansLlm.Engine.EngineFixture))]

namespace OrleansLlm.Engine;

/// <summary>The one file of this suite that knows which engine it tests: a running host with one of everything.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    public const string Store = "store";
    public const string Streams = "streams";
    private IHost? _host;

    public IGrainFactory Grains => _host!.Services.GetRequiredService<IGrainFactory>();

    public IClusterClient Client => _host!.Services.GetRequiredService<IClusterClient>();

    public Witness Witness => _host!.Services.GetRequiredService<Witness>();

    /// <summary>A host of its own, for a test that changes options or the clock.</summary>
    public static async Task<IHost> StartAsync(Action<ISiloBuilder>? configure = null, Action<IServiceCollection>? services = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<Witness>();
        builder.Services.AddScoped<ScopedThing>();
        services?.Invoke(builder.Services);
        builder.UseOrleans(silo =>
        {
#if ENGINE_ORLEANS
            // Ports of its own for every host; streams keep their subscriptions in a store of this name.
            silo.UseLocalhostClustering(siloPort: Support.Ports.Free(), gatewayPort: Support.Ports.Free()).AddMemoryGrainStorage("PubSubStore");
#endif
            silo.AddMemoryGrainStorage(Store).AddMemoryStreams(Streams);
            silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(20));
            configure?.Invoke(silo);
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    public async ValueTask InitializeAsync() => _host = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }
}
