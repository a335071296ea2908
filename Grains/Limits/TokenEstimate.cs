using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Limits;

namespace OrleansLlm.Grains.Limits;

/// <summary>How many tokens, and so how much money, are reserved for a request before anybody knows.</summary>
internal static class TokenEstimate
{
    private static readonly string[] Bounds = ["max_tokens", "max_completion_tokens", "num_predict"];

    /// <summary>The prompt, and the answer's bound: the client's own, else the widest of the deployments, else a guess.</summary>
    public static LimitRequest For(string requestId, InferenceRequest request, GatewayCatalog catalog) =>
        CostEstimate.Add(TokensFor(requestId, request, catalog), request, catalog, BoundOf);

    private static LimitRequest TokensFor(string requestId, InferenceRequest request, GatewayCatalog catalog)
    {
        if (!catalog.CountsTokens && !request.Scopes.Any(s => s.Limits.Tokens is not null)) return new LimitRequest(requestId, 0, 0);
        // Vectors are no tokens.
        var bound = request.Kind == InferenceKind.Embedding ? 0 : request.MaxOutputTokens ?? BoundOf(catalog.FindGroup(request.Model));
        return bound is null
            ? new LimitRequest(requestId, request.PromptEstimate, catalog.Settings.Limits.ReservedOutputTokens)
            : new LimitRequest(requestId, request.PromptEstimate + bound.Value, 0);
    }

    private static long? BoundOf(ModelGroup? group)
    {
        long? widest = null;
        foreach (var deployment in group?.Deployments ?? [])
        {
            if (BoundOf(deployment) is not { } bound) return null;
            widest = Math.Max(widest ?? 0, bound);
        }

        return widest;
    }

    private static long? BoundOf(Deployment deployment)
    {
        foreach (var name in Bounds)
        {
            if (deployment.Defaults.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var bound) && bound > 0) return bound;
        }

        return null;
    }
}
