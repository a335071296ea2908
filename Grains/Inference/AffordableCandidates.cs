using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Limits;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>Leaves out the deployments whose own budget, or whose provider's, is spent, as LiteLLM does it: nothing is reserved, so that those who run when it is spent may overspend it.</summary>
internal static class AffordableCandidates
{
    /// <param name="name">Of the group, as it is asked for.</param>
    /// <returns>Who is left, and a failure when that is nobody.</returns>
    public static async Task<(ImmutableArray<Candidate> Left, Failure? Failure)> OfAsync(IGrainFactory grains, ModelGroup group, string name, ImmutableArray<Candidate> candidates)
    {
        var scopes = group.Deployments.SelectMany(d => d.BudgetScopes).Distinct(StringComparer.Ordinal).ToList();
        if (scopes.Count == 0 || candidates.IsEmpty) return (candidates, null);
        var standings = await Task.WhenAll(scopes.Select(scope => grains.GetGrain<ILimitGrain>(scope).GetSpendAsync(null)));
        var spent = scopes.Zip(standings).Where(s => s.Second.Remaining is 0).Select(s => s.First).ToHashSet(StringComparer.Ordinal);
        var left = candidates.RemoveAll(c => group.Find(c.DeploymentId) is { } deployment && deployment.BudgetScopes.Any(spent.Contains));
        return (left, left.IsEmpty ? Failures.BudgetsSpent(name, standings.Where(s => s.Remaining is 0).Min(s => s.ResetAt)) : null);
    }
}
