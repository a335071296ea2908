using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Grains.Recent;
using OrleansLlm.Grains.Telemetry;
using OrleansLlm.Ledger;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Http;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains;

public static class GrainServices
{
    /// <summary>What the grains need beside the engine, a catalog and a clock.</summary>
    public static IServiceCollection AddGatewayGrains(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new Chance());
        services.TryAddSingleton<ILedger, NoLedger>();
        services.AddSingleton(s => new UpstreamReach(() => s.GetRequiredService<ICatalog>().Current.Settings.AllowLinkLocalBackends));
        services.AddProviders();
        services.AddSingleton<HealthProbe>();
        services.AddSingleton<RetryPipeline>();
        services.AddSingleton<ProcessDrain>();
        services.AddSingleton<Standstill>();
        services.AddSingleton<OpenLogs>();
        services.TryAddSingleton<ICacheStore, NoCacheStore>();
        services.AddSingleton<CacheShelf>();
        services.AddSingleton<FlushMark>();
        services.AddSingleton<CacheServices>();
        services.TryAddSingleton<GatewayMetrics>();
        services.AddSingleton<IRequestObserver, RequestMeter>();
        services.AddSingleton<RequestReports>();
        services.TryAddSingleton(NodeName.Default);
        services.AddSingleton<StoryBox>();
        services.AddSingleton<DistantReaders>();
        services.AddSingleton<InferenceServices>();
        services.AddSingleton<LimitServices>();
        return services;
    }
}
