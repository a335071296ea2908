using OrleansLlm.Inference;
using OrleansLlm.Ledger;

namespace OrleansLlm.Telemetry;

/// <summary>What became of one request: the ledger's row of it, and what only a log, a metric or a callback wants to know besides.</summary>
public sealed record RequestReport
{
    public required LedgerRow Row { get; init; }

    public InferenceKind Kind { get; init; }

    /// <summary>The dialect of the deployment that served it last; null: none did.</summary>
    public string? Provider { get; init; }

    public string? ApiBase { get; init; }

    /// <summary>Null: it was a success.</summary>
    public FailureKind? Failure { get; init; }

    /// <summary>The upstream has turned it down for what it asks: see <see cref="Inference.Failure.CallerFault"/>.</summary>
    public bool UpstreamRefused { get; init; }

    /// <summary>The upstream's own, when it answered with an error.</summary>
    public int? UpstreamStatus { get; init; }

    /// <summary>Milliseconds of the upstream call that served it; null: none did.</summary>
    public double? UpstreamMs { get; init; }

    /// <summary>W3C trace and span id of the inference; null: it was not traced.</summary>
    public string? TraceId { get; init; }

    public string? SpanId { get; init; }

    /// <summary>The request's messages as JSON; null unless the operator has switched that on.</summary>
    public string? Input { get; init; }

    /// <summary>The text of the answer; null likewise.</summary>
    public string? Output { get; init; }

    /// <summary>What its client has said of its trace; null: nothing, or nobody is told.</summary>
    public TraceWords? Trace { get; init; }

    /// <summary>The cache was asked for its answer and had none.</summary>
    public bool CacheMissed { get; init; }

    public bool IsSuccess => Failure is null;

    /// <summary>Its client has asked for what it cannot have, or has left: nothing that an operator could mend.</summary>
    public bool IsCallersFault => UpstreamRefused || Failure is FailureKind.BadRequest or FailureKind.UnknownModel or FailureKind.OverLimit
        or FailureKind.BudgetExceeded or FailureKind.ConversationNotFound or FailureKind.TurnTaken or FailureKind.Cancelled;

    /// <summary>The class of its failure, never its words, which may be a prompt's: <c>queue_full</c>, <c>upstream_status 500</c>; null: none.</summary>
    public string? Error => Failure is null ? null : UpstreamStatus is { } status ? $"{Row.Status} {status}" : Row.Status;
}

/// <summary>Wants to know how requests end. Called in the request's own time: it never waits and never throws.</summary>
public interface IRequestObserver
{
    void Ended(RequestReport report);
}
