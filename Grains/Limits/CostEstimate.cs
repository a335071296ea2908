using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Limits;

namespace OrleansLlm.Grains.Limits;

/// <summary>What is reserved of budgets for a request before anybody knows what it costs.</summary>
internal static class CostEstimate
{
    /// <summary>The longest answer that is believed of a model whose own bound is not known: a client may name any number.</summary>
    private const long LongestAnswer = 131_072;

    /// <summary>At the dearest deployment of its group and of those that may stand in for it; an unknown price counts as nothing, but is not free.</summary>
    public static LimitRequest Add(LimitRequest limits, InferenceRequest request, GatewayCatalog catalog, Func<ModelGroup?, long?> boundOf)
    {
        if (!catalog.CountsCost && !request.Scopes.Any(s => s.Limits.Budget is not null)) return limits;
        var (dearest, isFree, any) = (0d, true, false);
        foreach (var name in catalog.Routing.StandInsFor(request.Model, request.Fallbacks, request.DisableFallbacks, request.MaxFallbacks).Prepend(request.Model))
        {
            var group = catalog.FindGroup(name);
            var asked = request.MaxOutputTokens ?? boundOf(group) ?? catalog.Settings.Limits.ReservedOutputTokens;
            foreach (var deployment in group?.Deployments ?? [])
            {
                any = true;
                isFree &= deployment is { InputCostPerToken: 0, OutputCostPerToken: 0 };
                var output = Math.Min(asked, deployment.MaxOutputTokens ?? LongestAnswer);
                dearest = Math.Max(dearest, (request.PromptEstimate * (deployment.InputCostPerToken ?? 0)) + (output * (deployment.OutputCostPerToken ?? 0)));
            }
        }

        return limits with { Cost = dearest, IsFree = any && isFree };
    }
}
