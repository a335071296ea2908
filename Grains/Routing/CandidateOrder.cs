using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Routing;

/// <summary>From what is known of the deployments of a group to the order in which they are asked. Pure but for the generator.</summary>
internal static class CandidateOrder
{
    /// <param name="parts">Each is a tier.</param>
    public static ImmutableArray<Candidate> Of(IEnumerable<IReadOnlyList<CandidateState>> parts, IRoutingStrategy strategy, StrategyArguments arguments, Random random)
    {
        var ordered = parts.SelectMany((part, place) => strategy.Order(part, arguments, random).Select(s => new Candidate(s.Deployment.Id, s.Deployment.Backend, place)));
        return [.. strategy.IsStrict ? ordered.Select((candidate, place) => candidate with { Tier = place }) : ordered];
    }
}
