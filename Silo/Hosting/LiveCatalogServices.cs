using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Configuration.Overlay;

namespace OrleansLlm.Silo.Hosting;

/// <summary>The configuration in force, and what follows its changes.</summary>
internal static class LiveCatalogServices
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    public static IServiceCollection AddLiveCatalog(this IServiceCollection services, GatewayOptions options, LiveCatalog live)
    {
        services.AddSingleton(live);
        services.AddSingleton<ICatalog>(live);
        services.AddSingleton<ICatalogCompiler>(live);
        services.AddOverlayFollower(Engine.HasOtherNodes ? BetweenLooks : null);
        if (Engine.HasOtherNodes) services.AddHostedService<ConfigurationComparison>();
        if (options.ConfigPath is { } path)
        {
            services.AddHostedService(s => new ConfigWatcher(path, live, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<ConfigWatcher>>()));
        }

        return services;
    }

    /// <param name="period">Between two looks for what other nodes have taken; null: there are none.</param>
    public static IServiceCollection AddOverlayFollower(this IServiceCollection services, TimeSpan? period)
    {
        services.AddSingleton(s => new OverlayFollower(
            s.GetRequiredService<IGrainFactory>(), s.GetRequiredService<LiveCatalog>(), period,
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<OverlayFollower>>()));
        services.AddSingleton<ICatalogSync>(s => s.GetRequiredService<OverlayFollower>());
        services.AddHostedService(s => s.GetRequiredService<OverlayFollower>());
        return services;
    }
}
