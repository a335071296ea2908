using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <summary>
/// A random order, weighted by <c>weight</c>, else <c>rpm</c>, else <c>tpm</c>: the first of these that any deployment of the tier sets
/// (LiteLLM looks at the first deployment only). Deployments without it come last.
/// </summary>
internal sealed class SimpleShuffle : IRoutingStrategy
{
    public string Name => RoutingStrategies.SimpleShuffle;

    public bool NeedsSnapshots => false;

    public IEnumerable<CandidateState> Order(IReadOnlyList<CandidateState> tier, StrategyArguments arguments, Random random)
    {
        if (tier.Count < 2) return tier;
        var weight = WeightOf(tier);
        // Exponential race: the order of ln(u)/w is a weighted draw without replacement (Efraimidis and Spirakis, 2006).
        return tier.Select(c => (Candidate: c, Weight: weight(c.Deployment) ?? 0, Draw: 1 - random.NextDouble()))
            .OrderByDescending(c => c.Weight > 0)
            .ThenByDescending(c => c.Weight > 0 ? Math.Log(c.Draw) / c.Weight : c.Draw)
            .Select(c => c.Candidate)
            .ToList();
    }

    private static Func<Deployment, double?> WeightOf(IReadOnlyList<CandidateState> tier)
    {
        if (tier.Any(c => c.Deployment.Weight is not null)) return d => d.Weight;
        if (tier.Any(c => c.Deployment.RequestsPerMinute is not null)) return d => d.RequestsPerMinute;
        if (tier.Any(c => c.Deployment.TokensPerMinute is not null)) return d => d.TokensPerMinute;
        return _ => 1;
    }
}
