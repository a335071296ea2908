using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <summary>The fewest tokens in the last minute first, then the fewest requests; ties by chance. LiteLLM's two versions count differently and mean this.</summary>
internal sealed class UsageBased(string name) : IRoutingStrategy
{
    public string Name => name;

    public bool NeedsSnapshots => true;

    public IEnumerable<CandidateState> Order(IReadOnlyList<CandidateState> tier, StrategyArguments arguments, Random random) =>
        tier.Select(c => (Candidate: c, Draw: random.Next()))
            .OrderBy(c => c.Candidate.WouldRefuse)
            .ThenBy(c => c.Candidate.Own?.TokensLastMinute ?? 0)
            .ThenBy(c => c.Candidate.Own?.RequestsLastMinute ?? 0)
            .ThenBy(c => c.Draw)
            .Select(c => c.Candidate)
            .ToList();
}
