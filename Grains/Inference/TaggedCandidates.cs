using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Leaves out the deployments that a request's tags are not for, as LiteLLM does it: those that have one of its tags serve it, else those with the tag <c>default</c>, which
/// also serve who has no tags. A tag behind <c>!</c> is one that a deployment must not have, behind <c>&amp;</c> one that it must have. Who is left does not depend on
/// who is busy or broken, so that retries stay among them. Pure.
/// </summary>
internal static class TaggedCandidates
{
    private const string Default = "default";

    /// <param name="name">Of the group, as it is asked for.</param>
    /// <returns>A failure when there is nobody left.</returns>
    public static Failure? LeaveOutOthers(ModelGroup group, string name, ImmutableArray<string> tags, RoutingOptions routing, ref ImmutableArray<Candidate> candidates)
    {
        var left = Left([.. group.Deployments], tags, routing.NeedsAllTags).ConvertAll(d => d.Id).ToHashSet(StringComparer.Ordinal);
        candidates = candidates.RemoveAll(c => !left.Contains(c.DeploymentId));
        return left.Count == 0 ? Failures.NotForTags(name, tags, routing.NeedsAllTags) : null;
    }

    private static List<Deployment> Left(List<Deployment> group, ImmutableArray<string> tags, bool all)
    {
        var (must, mustNot, may) = (Behind('&', tags), Behind('!', tags), tags.Where(tag => tag[0] is not ('&' or '!')).ToHashSet(StringComparer.Ordinal));
        var allowed = group.FindAll(d => must.All(tag => d.Tags.Contains(tag)) && !mustNot.Any(tag => d.Tags.Contains(tag)));
        if (may.Count > 0)
        {
            var own = allowed.FindAll(d => all ? may.IsSubsetOf(d.Tags) : may.Overlaps(d.Tags));
            return own.Count > 0 ? own : allowed.FindAll(IsDefault);
        }

        return must.Count == 0 && group.Exists(IsDefault) ? allowed.FindAll(IsDefault) : allowed;
    }

    private static bool IsDefault(Deployment deployment) => deployment.Tags.Contains(Default);

    private static List<string> Behind(char sign, ImmutableArray<string> tags) => [.. tags.Where(tag => tag.Length > 1 && tag[0] == sign).Select(tag => tag[1..])];
}
