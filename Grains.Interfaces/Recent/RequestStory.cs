using System.Collections.Immutable;
using OrleansLlm.Ledger;

namespace OrleansLlm.Recent;

/// <summary>What became of one request, step by step. Never a prompt, an answer or a key.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.RequestStory")]
public sealed record RequestStory
{
    [Id(0)] public required string RequestId { get; init; }

    /// <summary>UTC; the steps count from here.</summary>
    [Id(1)] public required DateTimeOffset Time { get; init; }

    /// <summary>The process that handled it.</summary>
    [Id(2)] public required string Node { get; init; }

    /// <summary>Hash of the API key; null: none was presented.</summary>
    [Id(3)] public string? Key { get; init; }

    /// <summary>The user grain's key.</summary>
    [Id(4)] public required string User { get; init; }

    /// <summary>As the client named it.</summary>
    [Id(5)] public required string Model { get; init; }

    /// <summary>The group that served it; null: none did.</summary>
    [Id(6)] public string? ModelGroup { get; init; }

    [Id(7)] public string? Backend { get; init; }

    /// <summary><c>success</c>, else the kind of the failure, as in the ledger.</summary>
    [Id(8)] public required string Status { get; init; }

    [Id(9)] public bool Stream { get; init; }

    [Id(10)] public long PromptTokens { get; init; }

    [Id(11)] public long CompletionTokens { get; init; }

    /// <summary>US dollars; null: no price is known.</summary>
    [Id(12)] public double? Cost { get; init; }

    [Id(13)] public TimeSpan Took { get; init; }

    [Id(14)] public TimeSpan Queued { get; init; }

    /// <summary>From the upstream call that served it to its first token; null: there was none.</summary>
    [Id(15)] public TimeSpan? FirstToken { get; init; }

    [Id(16)] public int Retries { get; init; }

    [Id(17)] public int Fallbacks { get; init; }

    [Id(18)] public bool CacheHit { get; init; }

    /// <summary>In the order of their beginnings.</summary>
    [Id(19)] public ImmutableArray<RequestStep> Steps { get; init; } = [];

    /// <summary>With what the ledger's row of the request says.</summary>
    public static RequestStory Of(LedgerRow row, string node, TimeSpan took, TimeSpan queued, ImmutableArray<RequestStep> steps) => new()
    {
        RequestId = row.RequestId,
        Time = row.Time,
        Node = node,
        Key = row.KeyHash,
        User = row.UserId,
        Model = row.Model,
        ModelGroup = row.ModelGroup,
        Backend = row.Backend,
        Status = row.Status,
        Stream = row.Stream,
        PromptTokens = row.PromptTokens,
        CompletionTokens = row.CompletionTokens,
        Cost = row.Cost,
        Took = took,
        Queued = queued,
        FirstToken = row.FirstTokenMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
        Retries = row.Retries,
        Fallbacks = row.Fallbacks,
        CacheHit = row.CacheHit,
        Steps = steps,
    };
}

/// <summary>One piece of a request's life.</summary>
/// <param name="From">Since the request's beginning.</param>
/// <param name="Until">Likewise; not before <paramref name="From"/>.</param>
/// <param name="Where">The backend, or the model group while none is chosen; null: no backend's business.</param>
/// <param name="Detail">How it ended, where that is worth telling: a place in the queue, a failure. Null: well.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.RequestStep")]
public sealed record RequestStep(
    [property: Id(0)] StepKind Kind,
    [property: Id(1)] TimeSpan From,
    [property: Id(2)] TimeSpan Until,
    [property: Id(3)] string? Where = null,
    [property: Id(4)] string? Detail = null,
    [property: Id(5)] bool Failed = false);

/// <summary>Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.StepKind")]
public enum StepKind
{
    /// <summary>Limits, and the history of a conversation.</summary>
    Admission = 0,

    /// <summary>Waiting for a slot.</summary>
    Queue = 1,

    /// <summary>An upstream call until its first token, or its failure.</summary>
    Upstream = 2,

    /// <summary>From the first token to the last.</summary>
    Tokens = 3,

    /// <summary>Limits settled, turn stored.</summary>
    Settlement = 4,
}
