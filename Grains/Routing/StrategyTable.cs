using System.Collections.Frozen;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <summary>The routing strategies by name.</summary>
internal static class StrategyTable
{
    private static readonly FrozenDictionary<string, IRoutingStrategy> ByName =
        new IRoutingStrategy[]
        {
            new SimpleShuffle(),
            new LeastBusy(),
            new LatencyBased(),
            new UsageBased(RoutingStrategies.Usage),
            new UsageBased(RoutingStrategies.UsageV2),
            new CostBased(),
            new SimpleFallback(),
        }.ToFrozenDictionary(s => s.Name, StringComparer.Ordinal);

    /// <summary>The configuration has been validated: an unknown name here is a defect of ours.</summary>
    public static IRoutingStrategy Get(string name) =>
        ByName.TryGetValue(name, out var strategy) ? strategy : throw new InvalidOperationException($"No routing strategy is named '{name}'.");
}
