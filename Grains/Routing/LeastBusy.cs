using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <summary>A backend with a free slot first, then the fewest inferences running and waiting; ties by chance.</summary>
internal sealed class LeastBusy : IRoutingStrategy
{
    public string Name => RoutingStrategies.LeastBusy;

    public bool NeedsSnapshots => true;

    public IEnumerable<CandidateState> Order(IReadOnlyList<CandidateState> tier, Random random) =>
        tier.Select(c => (Candidate: c, Draw: random.Next()))
            .OrderBy(c => Rank(c.Candidate.Backend))
            .ThenBy(c => c.Candidate.Backend is { } b ? b.Running + b.Waiting : 0)
            .ThenBy(c => c.Draw)
            .Select(c => c.Candidate)
            .ToList();

    private static int Rank(BackendSnapshot? backend) => backend switch
    {
        null => 2,
        { Circuit: CircuitState.Open } or { Draining: true } => 3,
        { Waiting: 0 } when backend.Running < backend.Slots => 0,
        _ => 1,
    };
}
