namespace OrleansLlm.Backends;

/// <summary>On which terms a request waits for a slot, wherever it waits.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.QueueTerms")]
public sealed record QueueTerms
{
    public static QueueTerms Default { get; } = new();

    /// <summary>0 is served first, 255 last.</summary>
    [Id(0)] public int Priority { get; init; }

    /// <summary>The user's share of the slots relative to other users', 0.01 to 100.</summary>
    [Id(1)] public double Weight { get; init; } = 1;

    /// <summary>How long the request may wait in all; null: each backend's own limit. Zero: only a slot that is free now.</summary>
    [Id(2)] public TimeSpan? Timeout { get; init; }

    /// <summary>The client is told its position while it waits, by <see cref="Inference.InferenceQueued"/> events.</summary>
    [Id(3)] public bool TellProgress { get; init; }

    /// <summary>A hash of the conversation with this request's last message; null: not known.</summary>
    [Id(4)] public ulong? Turn { get; init; }

    /// <summary>The <see cref="Turn"/> of the request that this one follows up; null: it is the first.</summary>
    [Id(5)] public ulong? Follows { get; init; }

    /// <summary>The <see cref="Turn"/> of the conversation's first request; null: not known.</summary>
    [Id(45)] public ulong? Conversation { get; init; }
}
