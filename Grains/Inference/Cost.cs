using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>What tokens cost at a deployment's prices.</summary>
internal static class Cost
{
    /// <returns>US dollars; null: no price is known.</returns>
    public static double? Of(Deployment deployment, long promptTokens, long completionTokens, long cacheRead = 0, long cacheWritten = 0)
    {
        if (deployment.InputCostPerToken is null && deployment.OutputCostPerToken is null) return null;
        var input = deployment.InputCostPerToken ?? 0;
        return ((promptTokens - cacheRead - cacheWritten) * input)
            + (cacheRead * (deployment.CacheReadCostPerToken ?? input))
            + (cacheWritten * (deployment.CacheWriteCostPerToken ?? input))
            + (completionTokens * (deployment.OutputCostPerToken ?? 0));
    }

    public static double? Of(Deployment deployment, InferenceCompleted done) => Of(deployment, done.PromptTokens, done.CompletionTokens, done.CacheRead, done.CacheWritten);

    /// <returns>Null: the answer is a stream, which has only begun, or no price is known.</returns>
    public static double? OfWhole(bool stream, UpstreamAttempt answer) =>
        stream || answer.Usage is not { } usage ? null : Of(answer.Deployment, usage.Prompt, usage.Completion, usage.CacheRead, usage.CacheWritten);
}
