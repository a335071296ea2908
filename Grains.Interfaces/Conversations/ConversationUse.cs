namespace OrleansLlm.Conversations;

/// <summary>The stored conversation that a request is a turn of.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.ConversationUse")]
public sealed record ConversationUse
{
    /// <summary>The conversation grain's key; see <see cref="ConversationKeys"/>.</summary>
    [Id(0)] public required string Key { get; init; }

    /// <summary>The client's own id of the turn (<c>Idempotency-Key</c>); null: the request id.</summary>
    [Id(1)] public string? TurnId { get; init; }

    /// <summary>The client says that it has asked this before (<c>x-stainless-retry-count</c>).</summary>
    [Id(2)] public bool IsRetry { get; init; }

    /// <summary>Whose list it is on; null: the request's user.</summary>
    [Id(3)] public string? User { get; init; }
}
