using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans;
using Orleans.Embedded;
using Orleans.Hosting;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the engine to a host. Grains are found by themselves; stores and streams are added in the delegate.</summary>
public static class OrleansSiloGenericHostExtensions
{
    public static IHostApplicationBuilder UseOrleans(this IHostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(hostAppBuilder);
        ArgumentNullException.ThrowIfNull(configureDelegate);
        AddEngine(hostAppBuilder.Services, hostAppBuilder.Configuration, configureDelegate);
        return hostAppBuilder;
    }

    public static HostApplicationBuilder UseOrleans(this HostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
    {
        ((IHostApplicationBuilder)hostAppBuilder).UseOrleans(configureDelegate);
        return hostAppBuilder;
    }

    public static IHostBuilder UseOrleans(this IHostBuilder hostBuilder, Action<ISiloBuilder> configureDelegate) =>
        hostBuilder.UseOrleans((_, silo) => configureDelegate(silo));

    public static IHostBuilder UseOrleans(this IHostBuilder hostBuilder, Action<HostBuilderContext, ISiloBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(hostBuilder);
        ArgumentNullException.ThrowIfNull(configureDelegate);
        return hostBuilder.ConfigureServices(
            (context, services) => AddEngine(services, context.Configuration, silo => configureDelegate(context, silo)));
    }

    private static void AddEngine(IServiceCollection services, IConfiguration configuration, Action<ISiloBuilder> configure)
    {
        services.TryAddSingleton(TimeProvider.System);
        if (services.All(s => s.ServiceType != typeof(GrainEngine)))
        {
            services.AddOptions();
            services.AddSingleton(new ServiceLifetimes(services));
            services.AddSingleton<StateSerializer>();
            services.AddSingleton<GrainEngine>();
            services.AddSingleton<IClusterClient>(s => s.GetRequiredService<GrainEngine>().Factory);
            services.AddSingleton<IGrainFactory>(s => s.GetRequiredService<GrainEngine>().Factory);

            // First of the hosted services: it starts before all others and stops after them.
            services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(s => s.GetRequiredService<GrainEngine>()));
        }

        configure(new SiloBuilder(services, configuration));
    }
}
