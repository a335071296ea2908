namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.conversations</c>: what is kept of conversations that clients name with <c>x-conversation-id</c>, and of responses.</summary>
public sealed record ConversationOptions
{
    /// <summary>How long a conversation is known after its last turn. Default 30 days.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Turns kept of one conversation; the oldest go first. Default 200.</summary>
    public int MaxTurns { get; init; } = 200;

    /// <summary>Bytes of JSON kept of one conversation, its system prompt included; the oldest turns go first. Default 1 MiB.</summary>
    public long MaxBytes { get; init; } = 1L << 20;

    /// <summary>Conversations kept of one user; with the next one the one that has been unused longest is deleted. Default 1000.</summary>
    public int MaxConversations { get; init; } = 1000;

    /// <summary>Stored responses kept of one user; with the next one the oldest is deleted. Default 1000.</summary>
    public int MaxResponses { get; init; } = 1000;
}
