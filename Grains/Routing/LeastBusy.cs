using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <summary>A backend with a free slot first, then the fewest inferences running and waiting; ties by chance.</summary>
internal sealed class LeastBusy : IRoutingStrategy
{
    public string Name => RoutingStrategies.LeastBusy;

    public bool NeedsSnapshots => true;

    public IEnumerable<CandidateState> Order(IReadOnlyList<CandidateState> tier, StrategyArguments arguments, Random random) =>
        tier.Select(c => (Candidate: c, Draw: random.Next()))
            .OrderBy(c => Rank(c.Candidate))
            .ThenBy(c => c.Candidate.Backend is { } b ? b.Running + b.Waiting : 0)
            .ThenBy(c => c.Draw)
            .Select(c => c.Candidate)
            .ToList();

    private static int Rank(CandidateState candidate) => candidate.Backend switch
    {
        null => 2,
        _ when candidate.WouldRefuse => 3,
        { Waiting: 0 } backend when backend.Running < backend.Slots => 0,
        _ => 1,
    };
}
