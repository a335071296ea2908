namespace OrleansLlm.Users;

/// <summary>Totals since the user was first seen.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.UserUsage")]
public sealed record UserUsage(
    [property: Id(0)] long Requests,
    [property: Id(1)] long Running,
    [property: Id(2)] long PromptTokens,
    [property: Id(3)] long CompletionTokens);
