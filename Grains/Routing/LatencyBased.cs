using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <summary>
/// The lowest mean time to the first token first; by chance among those within <c>lowest_latency_buffer</c> of the lowest. Those that
/// have not answered yet are tried before all others, as in LiteLLM, or nothing would ever be known of them.
/// </summary>
internal sealed class LatencyBased : IRoutingStrategy
{
    public string Name => RoutingStrategies.Latency;

    public bool NeedsSnapshots => true;

    public IEnumerable<CandidateState> Order(IReadOnlyList<CandidateState> tier, StrategyArguments arguments, Random random)
    {
        var lowest = tier.Where(c => !c.WouldRefuse).Select(Latency).DefaultIfEmpty(TimeSpan.Zero).Min();
        var equal = lowest * (1 + arguments.LatencyBuffer);
        return tier.Select(c => (Candidate: c, Latency: Latency(c), Draw: random.Next()))
            .OrderBy(c => c.Candidate.WouldRefuse)
            .ThenBy(c => c.Latency <= equal ? lowest : c.Latency)
            .ThenBy(c => c.Draw)
            .Select(c => c.Candidate)
            .ToList();
    }

    private static TimeSpan Latency(CandidateState candidate) => candidate.Own?.FirstToken ?? TimeSpan.Zero;
}
