using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <summary>
/// The lowest price of an input and an output token together first; ties by chance. Without a price an Ollama costs nothing and any other
/// service LiteLLM's ten dollars.
/// </summary>
internal sealed class CostBased : IRoutingStrategy
{
    private const double Unknown = 5;

    public string Name => RoutingStrategies.Cost;

    public bool NeedsSnapshots => true;

    public IEnumerable<CandidateState> Order(IReadOnlyList<CandidateState> tier, StrategyArguments arguments, Random random) =>
        tier.Select(c => (Candidate: c, Draw: random.Next()))
            .OrderBy(c => c.Candidate.WouldRefuse)
            .ThenBy(c => Price(c.Candidate.Deployment))
            .ThenBy(c => c.Draw)
            .Select(c => c.Candidate)
            .ToList();

    private static double Price(Deployment deployment)
    {
        var unknown = deployment.Provider == "ollama" ? 0 : Unknown;
        return (deployment.InputCostPerToken ?? unknown) + (deployment.OutputCostPerToken ?? unknown);
    }
}
