using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>Leaves out whoever could only refuse, before a slot is asked for.</summary>
internal static class SuitableCandidates
{
    /// <summary>Those whose context is too short for the prompt.</summary>
    /// <param name="name">Of the group, as it is asked for.</param>
    /// <returns>A failure when that is all of them.</returns>
    public static Failure? LeaveOutTooShort(ModelGroup group, string name, long tokens, ref ImmutableArray<Candidate> candidates)
    {
        if (group.Deployments.All(d => d.MaxInputTokens is null)) return null;
        var tooShort = group.Deployments.Where(d => d.MaxInputTokens < tokens).ToList();
        candidates = candidates.RemoveAll(c => tooShort.Any(d => d.Id == c.DeploymentId));
        return candidates.IsEmpty && tooShort.Count > 0 ? Failures.PromptTooLong(name, tokens, tooShort.Max(d => d.MaxInputTokens!.Value)) : null;
    }

    /// <summary>Those whose provider has no such operation.</summary>
    /// <param name="name">Of the group, as it is asked for.</param>
    /// <returns>A failure when that is all of them.</returns>
    public static Failure? LeaveOutUnable(ModelGroup group, string name, InferenceKind kind, ref ImmutableArray<Candidate> candidates)
    {
        var operation = UpstreamRequests.OperationOf(kind);
        var without = group.Deployments.Where(d => !UpstreamRequests.Serving(d).Operations.Contains(operation)).ToList();
        if (without.Count == 0) return null;
        candidates = candidates.RemoveAll(c => without.Any(d => d.Id == c.DeploymentId));
        return candidates.IsEmpty ? Failures.NotOffered(name, kind, without.Select(d => UpstreamRequests.Serving(d).Name)) : null;
    }
}
