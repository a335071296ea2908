namespace OrleansLlm.Inference;

/// <summary>What answers have used that broke off before any of it was shown: of all attempts together, by estimate.</summary>
/// <param name="DeploymentId">Of the last of them.</param>
/// <param name="Cost">US dollars; null: no price is known.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.BrokenAnswer")]
public sealed record BrokenAnswer(
    [property: Id(0)] string DeploymentId,
    [property: Id(1)] long PromptTokens,
    [property: Id(2)] long CompletionTokens,
    [property: Id(3)] double? Cost)
{
    /// <summary>With what others have cost besides; a price that is not known is not added.</summary>
    public BrokenAnswer And(BrokenAnswer? other) => other is null ? this : this with
    {
        PromptTokens = PromptTokens + other.PromptTokens, CompletionTokens = CompletionTokens + other.CompletionTokens, Cost = Cost is null ? other.Cost : Cost + (other.Cost ?? 0),
    };
}
