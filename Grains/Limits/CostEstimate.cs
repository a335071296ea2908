using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Limits;

namespace OrleansLlm.Grains.Limits;

/// <summary>What is reserved of budgets for a request before anybody knows what it costs.</summary>
internal static class CostEstimate
{
    private static readonly FallbackKind[] Kinds = [FallbackKind.General, FallbackKind.ContextWindow, FallbackKind.ContentPolicy];

    /// <summary>At the dearest deployment of its group and of those that may stand in for it; an unknown price counts as nothing, but is not free.</summary>
    public static LimitRequest Add(LimitRequest limits, InferenceRequest request, GatewayCatalog catalog, Func<ModelGroup?, long?> boundOf)
    {
        if (!catalog.CountsCost && !request.Scopes.Any(s => s.Limits.Budget is not null)) return limits;
        var (dearest, isFree, any) = (0d, true, false);
        foreach (var group in GroupsOf(request, catalog))
        {
            var output = request.MaxOutputTokens ?? boundOf(group) ?? catalog.Settings.Limits.ReservedOutputTokens;
            foreach (var deployment in group?.Deployments ?? [])
            {
                any = true;
                isFree &= deployment is { InputCostPerToken: 0, OutputCostPerToken: 0 };
                dearest = Math.Max(dearest, (request.PromptEstimate * (deployment.InputCostPerToken ?? 0)) + (output * (deployment.OutputCostPerToken ?? 0)));
            }
        }

        return limits with { Cost = dearest, IsFree = any && isFree };
    }

    private static IEnumerable<ModelGroup?> GroupsOf(InferenceRequest request, GatewayCatalog catalog)
    {
        yield return catalog.FindGroup(request.Model);
        if (request.DisableFallbacks) yield break;
        foreach (var fallback in request.Fallbacks) yield return catalog.FindGroup(fallback.Model);
        if (!request.Fallbacks.IsEmpty) yield break;
        // One that is named twice is no dearer for it.
        foreach (var kind in Kinds)
        {
            foreach (var name in catalog.Routing.FallbacksFor(request.Model, kind)) yield return catalog.FindGroup(name);
        }
    }
}
