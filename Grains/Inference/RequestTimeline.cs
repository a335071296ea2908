using OrleansLlm.Inference;
using OrleansLlm.Ledger;
using OrleansLlm.Recent;

namespace OrleansLlm.Grains.Inference;

/// <summary>When one request did what, for people who look. Bounded: of a request that is tried again and again the first tries are told.</summary>
internal sealed class RequestTimeline(TimeProvider time)
{
    private const int Most = 40;
    private const int LongestDetail = 200;

    private readonly List<RequestStep> _steps = [];
    private readonly long _begun = time.GetTimestamp();
    private TimeSpan _called;
    private TimeSpan? _firstToken;
    private TimeSpan? _lastToken;

    public TimeSpan Now => time.GetElapsedTime(_begun);

    public void Admitted(Failure? refusal) => Add(new RequestStep(StepKind.Admission, TimeSpan.Zero, Now, null, refusal?.ForOthers, refusal is not null));

    /// <summary>A slot was asked for.</summary>
    /// <param name="where">The backend that gave one, else the model group.</param>
    /// <param name="position">The best place in a queue; 0: it did not wait.</param>
    public void Queued(TimeSpan from, string where, int position, Failure? failure)
    {
        if (position == 0 && failure is null) return;
        Add(new RequestStep(StepKind.Queue, from, Now, where, failure?.ForOthers ?? $"came as number {position}", failure is not null));
    }

    /// <summary>An upstream call has begun to answer, or has failed.</summary>
    public void Tried(UpstreamAttempt attempt, Failure? failure)
    {
        _called = Now - time.GetElapsedTime(attempt.Called);
        var until = failure is null && attempt.FirstToken > TimeSpan.Zero ? _called + attempt.FirstToken : Now;
        if (failure is null) _firstToken = until;
        Add(new RequestStep(StepKind.Upstream, _called, until, attempt.Deployment.Backend, failure?.ForOthers, failure is not null));
    }

    /// <param name="upstream">What the call took.</param>
    public void Completed(TimeSpan upstream) => _lastToken = _called + upstream;

    public RequestStory Tell(LedgerRow row, string node)
    {
        var end = Now;
        if (_firstToken is { } first)
        {
            var last = _lastToken is { } told && told >= first && told <= end ? told : end;
            var broken = row.Status != LedgerRow.Success;
            Add(new RequestStep(StepKind.Tokens, first, last, row.Backend, broken ? row.Status : null, broken));
            if (last < end) Add(new RequestStep(StepKind.Settlement, last, end));
        }
        else if (row.CacheHit)
        {
            Add(new RequestStep(StepKind.Tokens, Last, end, null, "from the cache"));
        }
        else if (row is { Backend: not null, Status: LedgerRow.Success } && _steps.All(s => s.Kind != StepKind.Upstream))
        {
            // An inference that others may share has answered: its row knows what it took.
            if (row.QueueMs > 0) Add(new RequestStep(StepKind.Queue, Last, NotAfter(end, Last + TimeSpan.FromMilliseconds(row.QueueMs)), row.Backend));
            if (row.FirstTokenMs is { } took) Add(new RequestStep(StepKind.Upstream, Last, NotAfter(end, Last + TimeSpan.FromMilliseconds(took)), row.Backend));
            Add(new RequestStep(StepKind.Tokens, Last, end, row.Backend));
        }

        return RequestStory.Of(row, node, end, TimeSpan.FromMilliseconds(row.QueueMs), [.. _steps]);
    }

    private TimeSpan Last => _steps.Count > 0 ? _steps[^1].Until : TimeSpan.Zero;

    private static TimeSpan NotAfter(TimeSpan end, TimeSpan time) => time < end ? time : end;

    private void Add(RequestStep step)
    {
        if (step.Until < step.From) step = step with { Until = step.From };
        if (step.Detail is { Length: > LongestDetail } detail) step = step with { Detail = detail[..LongestDetail] + "…" };
        if (_steps.Count < Most) _steps.Add(step);
    }
}
