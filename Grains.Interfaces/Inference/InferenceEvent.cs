using System.Collections.Immutable;
using OrleansLlm.Caching;
using OrleansLlm.Limits;

namespace OrleansLlm.Inference;

[GenerateSerializer, Immutable, Alias("OrleansLlm.InferenceEvent")]
public abstract record InferenceEvent
{
    /// <summary>Nothing follows it.</summary>
    public bool IsEnd => this is InferenceCompleted or InferenceFailed;
}

/// <summary>The request still waits for a slot. Only where it was asked for, and never after <see cref="InferenceStarted"/>.</summary>
/// <param name="Position">1 is the next to be served; of several queues the one that is expected to serve it first.</param>
/// <param name="Estimate">Expected time until then; null while nothing is known.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.InferenceQueued")]
public sealed record InferenceQueued([property: Id(0)] int Position, [property: Id(1)] TimeSpan? Estimate) : InferenceEvent;

/// <summary>A backend has answered: the HTTP status and headers may be sent.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.InferenceStarted")]
public sealed record InferenceStarted : InferenceEvent
{
    [Id(0)] public required string DeploymentId { get; init; }

    /// <summary>The model group that serves the request; differs from the requested one after a fallback.</summary>
    [Id(1)] public required string ModelGroup { get; init; }

    [Id(2)] public required string ApiBase { get; init; }

    /// <summary>Time spent waiting for a slot.</summary>
    [Id(3)] public required TimeSpan Queued { get; init; }

    /// <summary>Time the upstream has taken so far: to its first token, or to its last for a whole answer.</summary>
    [Id(4)] public required TimeSpan Upstream { get; init; }

    [Id(5)] public int Retries { get; init; }

    [Id(6)] public int Fallbacks { get; init; }

    /// <summary>Request parameters that the backend cannot honour and that were left out.</summary>
    [Id(7)] public ImmutableArray<string> DroppedParameters { get; init; } = [];

    /// <summary>Where the caller stood with its limits when the request was admitted.</summary>
    [Id(8)] public LimitStanding Limits { get; init; } = LimitStanding.Unlimited;

    /// <summary>The place at which it came into a queue, the best one of several; 0: it got a slot at once.</summary>
    [Id(9)] public int QueuePosition { get; init; }

    /// <summary>Of a whole answer, in US dollars; null: no price is known, or the answer has only begun.</summary>
    [Id(10)] public double? Cost { get; init; }

    /// <summary>Whether the cache has answered.</summary>
    [Id(11)] public CacheStatus Cache { get; init; }

    /// <summary>What the answer is cached under; null: the cache has not answered.</summary>
    [Id(12)] public string? CacheKey { get; init; }

    /// <summary>Of a shared inference: what attempts have cost that broke off before this one, for the reader who pays; null: nothing.</summary>
    [Id(13)] public BrokenAnswer? Wasted { get; init; }
}

/// <summary>One OpenAI <c>chat.completion.chunk</c> as UTF-8 JSON, without SSE framing.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.TokenChunk")]
public sealed record TokenChunk([property: Id(0)] ReadOnlyMemory<byte> Json) : InferenceEvent;

/// <summary>The gathered <c>chat.completion</c> as UTF-8 JSON.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.WholeAnswer")]
public sealed record WholeAnswer([property: Id(0)] ReadOnlyMemory<byte> Json) : InferenceEvent;

/// <summary>The answer is complete.</summary>
/// <param name="Upstream">Time spent in the upstream call.</param>
/// <param name="Estimated">A backend did not tell the tokens: they are what its answer looks like.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.InferenceCompleted")]
public sealed record InferenceCompleted(
    [property: Id(0)] long PromptTokens,
    [property: Id(1)] long CompletionTokens,
    [property: Id(2)] TimeSpan Upstream,
    [property: Id(3)] bool Estimated = false) : InferenceEvent
{
    /// <summary>Of the prompt, what the backend's service had in its cache.</summary>
    [Id(50)] public long CacheRead { get; init; }

    /// <summary>Of the prompt, what it has put into its cache.</summary>
    [Id(51)] public long CacheWritten { get; init; }
}

/// <summary>The request has failed for good; nothing follows.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.InferenceFailed")]
public sealed record InferenceFailed([property: Id(0)] Failure Failure) : InferenceEvent;
