using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Routing;

/// <summary>From what is known of the deployments of a group to the order in which they are asked. Pure but for the generator.</summary>
internal static class CandidateOrder
{
    public static ImmutableArray<Candidate> Of(IReadOnlyList<CandidateState> states, IRoutingStrategy strategy, StrategyArguments arguments, Random random)
    {
        // Deployments without an order come last.
        var ordered = states.GroupBy(s => s.Deployment.Order ?? int.MaxValue)
            .OrderBy(tier => tier.Key)
            .SelectMany(tier => strategy.Order([.. tier], arguments, random).Select(s => new Candidate(s.Deployment.Id, s.Deployment.Backend, tier.Key)));
        return [.. strategy.IsStrict ? ordered.Select((candidate, place) => candidate with { Tier = place }) : ordered];
    }
}
