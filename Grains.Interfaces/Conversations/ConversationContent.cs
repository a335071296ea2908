using System.Collections.Immutable;

namespace OrleansLlm.Conversations;

/// <summary>What is stored of one conversation.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.ConversationContent")]
public sealed record ConversationContent
{
    public static ConversationContent Empty { get; } = new();

    /// <summary>System messages as JSON objects, comma between them; empty: none.</summary>
    [Id(0)] public ReadOnlyMemory<byte> System { get; init; }

    /// <summary>Oldest first.</summary>
    [Id(1)] public ImmutableArray<ConversationTurn> Turns { get; init; } = [];

    /// <summary>UTC; null: there is no such conversation.</summary>
    [Id(2)] public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>A JSON object; empty: none.</summary>
    [Id(3)] public ReadOnlyMemory<byte> Metadata { get; init; }

    public bool Exists => CreatedAt is not null;
}

/// <summary>What was asked and what was answered. Messages are OpenAI's, as JSON objects with a comma between them.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.ConversationTurn")]
public sealed record ConversationTurn
{
    /// <summary>A turn is kept once by its id: the request id, or the client's idempotency key.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>The client's new messages.</summary>
    [Id(1)] public required ReadOnlyMemory<byte> Asked { get; init; }

    /// <summary>The assistant's message, tool calls included; empty for messages that nobody answered.</summary>
    [Id(2)] public required ReadOnlyMemory<byte> Answer { get; init; }

    /// <summary>Of both, by the length of their texts.</summary>
    [Id(3)] public required long Tokens { get; init; }

    /// <summary>It begins with the result of a tool that the turn before has called, and means nothing without that.</summary>
    [Id(4)] public bool Continues { get; init; }

    /// <summary>
    /// Its words have been asked once more since, by a client that did not call it a repetition: so this turn's answer has arrived, and
    /// whoever repeats these words means the later request.
    /// </summary>
    [Id(50)] public bool AskedAgain { get; init; }

    public int Bytes => Asked.Length + Answer.Length;
}
