using Microsoft.Extensions.Logging;
using OrleansLlm.Catalog;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Limits;

/// <summary>What a grain with limits needs from its process.</summary>
internal sealed class LimitServices(IGrainFactory grains, TimeProvider time, HostTraits host, GatewayMetrics metrics, ICatalog catalog, ILogger<LimitKeeper> logger)
{
    public IGrainFactory Grains => grains;

    public TimeProvider Time => time;

    public HostTraits Host => host;

    public BudgetMetrics Budgets => metrics.Budgets;

    public LimitOptions Options => catalog.Current.Settings.Limits;

    public ILogger Logger => logger;
}
