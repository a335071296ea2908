using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Limits;
using OrleansLlm.Routing;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Leaves out the deployments whose own budget, or whose provider's, is spent, as LiteLLM does it: nothing is reserved, so that those who run when it is spent may overspend it.
/// So may those who come while nobody can say what is spent: every request of a model failing costs its users more.
/// </summary>
internal static class AffordableCandidates
{
    /// <summary>What a request waits for a budget whose node is dead and not yet known to be.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <param name="name">Of the group, as it is asked for.</param>
    /// <returns>Who is left, and a failure when that is nobody.</returns>
    public static async Task<(ImmutableArray<Candidate> Left, Failure? Failure)> OfAsync(
        IGrainFactory grains, ModelGroup group, string name, ImmutableArray<Candidate> candidates, string requestId, InferenceServices services)
    {
        var scopes = group.Deployments.SelectMany(d => d.BudgetScopes).Distinct(StringComparer.Ordinal).ToList();
        if (scopes.Count == 0 || candidates.IsEmpty) return (candidates, null);
        var standings = await Task.WhenAll(scopes.Select(scope => StandingAsync(grains, scope, requestId, services)));
        var spent = scopes.Zip(standings).Where(s => s.Second is { Remaining: 0 }).Select(s => s.First).ToHashSet(StringComparer.Ordinal);
        var left = candidates.RemoveAll(c => group.Find(c.DeploymentId) is { } deployment && deployment.BudgetScopes.Any(spent.Contains));
        return (left, left.IsEmpty ? Failures.BudgetsSpent(name, standings.Where(s => s is { Remaining: 0 }).Min(s => s!.ResetAt)) : null);
    }

    /// <returns>Null: nobody can say.</returns>
    private static async Task<BudgetStanding?> StandingAsync(IGrainFactory grains, string scope, string requestId, InferenceServices services)
    {
        try
        {
            return await grains.GetGrain<ILimitGrain>(scope).GetSpendAsync(null).WaitAsync(Patience, services.Time);
        }
        catch (Exception e) when (LostContact.IsOrGivenUp(e))
        {
            services.Logger.BudgetNotKnown(requestId, scope, e);
            return null;
        }
    }
}
