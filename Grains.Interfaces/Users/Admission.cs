
namespace OrleansLlm.Users;

[GenerateSerializer, Immutable, Alias("OrleansLlm.Admission")]
public abstract record Admission;

[GenerateSerializer, Immutable, Alias("OrleansLlm.Admitted")]
public sealed record Admitted : Admission
{
    public static readonly Admitted Instance = new();
}

/// <param name="Limit">Which limit, in words for the client.</param>
/// <param name="RetryAfter">When the limit lets the next request through.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.OverLimit")]
public sealed record OverLimit(
    [property: Id(0)] string Limit,
    [property: Id(1)] TimeSpan RetryAfter) : Admission;

/// <summary>The end of one admitted request.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.Settlement")]
public sealed record Settlement(
    [property: Id(0)] string RequestId,
    [property: Id(1)] long PromptTokens,
    [property: Id(2)] long CompletionTokens);

/// <summary>Totals since the user was first seen.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.UserUsage")]
public sealed record UserUsage(
    [property: Id(0)] long Requests,
    [property: Id(1)] long Running,
    [property: Id(2)] long PromptTokens,
    [property: Id(3)] long CompletionTokens);
