using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <summary>Orders the deployments of one tier, best first. Pure but for the generator it is given.</summary>
internal interface IRoutingStrategy
{
    /// <summary>The name in <c>routing_strategy</c>.</summary>
    string Name { get; }

    /// <summary>Whether <see cref="CandidateState.Backend"/> is looked at: asking every backend costs a call each.</summary>
    bool NeedsSnapshots { get; }

    /// <summary>Whether a candidate is asked only when those before it have refused: each is then a tier of its own, and busy is no refusal.</summary>
    bool IsStrict => false;

    IEnumerable<CandidateState> Order(IReadOnlyList<CandidateState> tier, StrategyArguments arguments, Random random);
}
