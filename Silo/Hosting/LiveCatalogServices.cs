using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration.Live;

namespace OrleansLlm.Silo.Hosting;

/// <summary>The configuration in force, and what follows its changes.</summary>
internal static class LiveCatalogServices
{
    public static IServiceCollection AddLiveCatalog(this IServiceCollection services, GatewayOptions options, LiveCatalog live)
    {
        services.AddSingleton(live);
        services.AddSingleton<ICatalog>(live);
        if (options.ConfigPath is { } path)
        {
            services.AddHostedService(s => new ConfigWatcher(path, live, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<ConfigWatcher>>()));
        }

        return services;
    }
}
