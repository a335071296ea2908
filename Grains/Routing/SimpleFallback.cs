using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <summary>The order of the configuration file: the next deployment only when those before it have failed or refused, not when they are busy.</summary>
internal sealed class SimpleFallback : IRoutingStrategy
{
    public string Name => RoutingStrategies.SimpleFallback;

    public bool NeedsSnapshots => false;

    public bool IsStrict => true;

    public IEnumerable<CandidateState> Order(IReadOnlyList<CandidateState> tier, StrategyArguments arguments, Random random) => tier;
}
