using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Inference;

/// <summary>What tokens cost at a deployment's prices.</summary>
internal static class Cost
{
    /// <returns>US dollars; null: no price is known.</returns>
    public static double? Of(Deployment deployment, long promptTokens, long completionTokens) =>
        deployment.InputCostPerToken is null && deployment.OutputCostPerToken is null
            ? null
            : (promptTokens * (deployment.InputCostPerToken ?? 0)) + (completionTokens * (deployment.OutputCostPerToken ?? 0));

    /// <returns>Null: the answer is a stream, which has only begun, or no price is known.</returns>
    public static double? OfWhole(bool stream, UpstreamAttempt answer) =>
        stream || answer.Usage is not { } usage ? null : Of(answer.Deployment, usage.Prompt, usage.Completion);
}
