using OrleansLlm.Limits;

namespace OrleansLlm.Inference;

/// <summary>Why a request got no (complete) answer. Api's error table turns it into OpenAI's error object; nothing else does.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.Failure")]
public sealed record Failure
{
    [Id(0)] public required FailureKind Kind { get; init; }

    /// <summary>For the client: what happened and whose fault it is. Never a key; where it quotes a service it may repeat the client's own prompt.</summary>
    [Id(1)] public required string Message { get; init; }

    /// <summary>The upstream's own status, when it answered with one.</summary>
    [Id(2)] public int? UpstreamStatus { get; init; }

    /// <summary>The request field at fault.</summary>
    [Id(3)] public string? Param { get; init; }

    /// <summary>The upstream's own error type.</summary>
    [Id(4)] public string? Type { get; init; }

    /// <summary>The upstream's own error code.</summary>
    [Id(5)] public string? Code { get; init; }

    [Id(6)] public TimeSpan? RetryAfter { get; init; }

    [Id(7)] public int Retries { get; init; }

    [Id(8)] public int Fallbacks { get; init; }

    /// <summary>Where the caller stands with its limits; null: the request did not get so far.</summary>
    [Id(9)] public LimitStanding? Limits { get; init; }

    /// <summary>The same request will be refused again, whenever it comes.</summary>
    [Id(10)] public bool RetryIsVain { get; init; }

    /// <summary>What the upstream has refused is the gateway's account there, whatever its status: the operator's fault, and not the client's.</summary>
    [Id(51)] public bool AccountFault { get; init; }

    /// <summary>The upstream has refused the request for what it asks: the client's fault, whom no operator can help.</summary>
    [Id(65)] public bool CallerFault { get; init; }

    /// <summary>What a backend had written when it failed, though nothing of it was shown; null: nothing.</summary>
    [Id(55)] public BrokenAnswer? Broken { get; init; }

    /// <summary>What others than this request's client may read of it, in place of a <see cref="Message"/> that quotes a service; null: the message.</summary>
    [Id(60)] public string? Summary { get; init; }

    /// <summary>How long the request has waited in queues, where an inference tells it that another request's record is made of.</summary>
    [Id(61)] public TimeSpan Queued { get; init; }

    /// <summary>For the log and for other people.</summary>
    public string ForOthers => Summary ?? Message;

    /// <summary>No backend was asked for an answer: the request has cost nothing.</summary>
    public bool IsRefusal => Retries == 0 && Broken is null
        && Kind is FailureKind.UnknownModel or FailureKind.QueueFull or FailureKind.QueueTimeout or FailureKind.CircuitOpen or FailureKind.Draining or FailureKind.Stopping
            or FailureKind.OverLimit or FailureKind.BudgetExceeded;

    /// <summary>The part of the cluster that ran the request is gone.</summary>
    public static Failure GatewayLost { get; } = new()
    {
        Kind = FailureKind.LeaseLost,
        Message = "The gateway node that ran this request was lost; trying again is safe.",
    };

    /// <summary>A stored response whose inference has gone: with its node, or because no store took its end for half a minute.</summary>
    public static Failure EndNotStored { get; } = GatewayLost with
    {
        Message = "What became of this response is not known: the gateway node that ran it was lost, or could not store its end; trying again is safe.",
    };

    /// <summary>No part of the cluster could even begin it.</summary>
    public static Failure NotReached { get; } = new()
    {
        Kind = FailureKind.LeaseLost,
        Message = "A node of the gateway, or the store behind it, does not answer, so that this request could not begin; trying again is safe.",
        Code = "gateway_unreachable",
    };

    /// <summary>A restart takes less than a second.</summary>
    public static Failure Stopping { get; } = new()
    {
        Kind = FailureKind.Stopping,
        Message = "The gateway is stopping and begins nothing new; ask again in a moment.",
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    /// <summary>At the end of an orderly stop.</summary>
    public static Failure CutOff { get; } = new()
    {
        Kind = FailureKind.CutOff,
        Message = "The gateway has stopped before this answer came to its end; trying again is safe.",
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    /// <summary>Says no more than that: whether another caller has such an answer is none of this one's business.</summary>
    public static Failure StreamNotFound { get; } = new()
    {
        Kind = FailureKind.StreamNotFound,
        Message = "There is no such stream: it was not asked for with 'x-resumable: true' and this API key, or it has expired.",
    };

    public static Failure StreamLogFull(long first) => new()
    {
        Kind = FailureKind.StreamLogFull,
        Message = $"The answer has outgrown its log (gateway_settings.resumable.max_bytes): it can be resumed only after event {Math.Max(first - 1, 0)} or a later one.",
    };

    /// <summary>The sentence is LiteLLM's: its clients look for it.</summary>
    public static Failure UnknownModel(string model) => new()
    {
        Kind = FailureKind.UnknownModel,
        Message = $"Invalid model name passed in model={model}. Call `/v1/models` to view available models for your key.",
        Param = "model",
    };
}

/// <summary>Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.FailureKind")]
public enum FailureKind
{
    /// <summary>The request itself is at fault.</summary>
    BadRequest = 0,
    UnknownModel = 1,
    OverLimit = 2,
    QueueFull = 3,
    QueueTimeout = 4,
    CircuitOpen = 5,
    Draining = 6,

    /// <summary>The upstream answered with an error status; see <see cref="Failure.UpstreamStatus"/>.</summary>
    UpstreamStatus = 7,
    UpstreamUnreachable = 8,
    UpstreamTimeout = 9,

    /// <summary>The upstream broke the protocol: truncated, garbled, too long, wrong content type.</summary>
    UpstreamProtocol = 10,

    /// <summary>The lease was lost (partition or a stalled process): the slot may be another's.</summary>
    LeaseLost = 11,
    Cancelled = 12,

    /// <summary>Our fault.</summary>
    Internal = 13,

    /// <summary>No such resumable answer, no longer, or another caller's.</summary>
    StreamNotFound = 30,

    /// <summary>The event to resume from has left the log of the answer, or a reader has fallen behind it.</summary>
    StreamLogFull = 31,

    /// <summary>The answer is complete, but its turn could not be added to the stored conversation.</summary>
    ConversationNotStored = 40,

    /// <summary>The stored conversation that the request names is not there, or another caller's.</summary>
    ConversationNotFound = 41,

    /// <summary>The id that the client has given to this turn of its conversation is another turn's.</summary>
    TurnTaken = 42,

    /// <summary>A budget of the key, user, team or gateway is spent.</summary>
    BudgetExceeded = 60,

    /// <summary>The gateway stops, and there is no other process in which the request could begin by itself.</summary>
    Stopping = 61,

    /// <summary>The gateway stops, and what ran has had its time to finish.</summary>
    CutOff = 63,
}
