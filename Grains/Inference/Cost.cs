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
        // They are parts of the prompt, whatever a service says: nobody is paid for a request.
        var read = Math.Clamp(cacheRead, 0, Math.Max(promptTokens, 0));
        var written = Math.Clamp(cacheWritten, 0, Math.Max(promptTokens, 0) - read);
        return ((promptTokens - read - written) * input)
            + (read * (deployment.CacheReadCostPerToken ?? input))
            + (written * (deployment.CacheWriteCostPerToken ?? input))
            + (completionTokens * (deployment.OutputCostPerToken ?? 0));
    }

    public static double? Of(Deployment deployment, InferenceCompleted done) => Of(deployment, done.PromptTokens, done.CompletionTokens, done.CacheRead, done.CacheWritten);

    /// <returns>Null: the answer is a stream, which has only begun, or no price is known.</returns>
    public static double? OfWhole(bool stream, UpstreamAttempt answer) =>
        stream || answer.Usage is not { } usage ? null : Of(answer.Deployment, usage.Prompt, usage.Completion, usage.CacheRead, usage.CacheWritten);
}
