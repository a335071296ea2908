using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// The routing strategy may have looked at a newer configuration than the one its request began with, and a request keeps its own: what it does
/// not know is left out, and where that is everything, its own deployments stand in the order of the file.
/// </summary>
internal static class OwnCandidates
{
    public static ImmutableArray<Candidate> Of(ModelGroup group, ImmutableArray<Candidate> ordered)
    {
        var own = group.Deployments.Select(d => (d.Id, d.Backend)).ToHashSet();
        var known = ordered.RemoveAll(c => !own.Contains((c.DeploymentId, c.Backend)));
        return known.IsEmpty
            ? [.. group.Deployments.OrderBy(d => d.Order ?? int.MaxValue).Select(d => new Candidate(d.Id, d.Backend, d.Order ?? int.MaxValue))]
            : known;
    }
}
