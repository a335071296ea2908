using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Telemetry;
using OrleansLlm.Inference;
using OrleansLlm.Providers;
using FailureKind = OrleansLlm.Providers.FailureKind;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// One upstream call under one lease. Nothing is shown to the client before the first token (or, for a client that did not ask for a
/// stream, before the whole answer), so that a failure until then can still move on to another backend.
/// </summary>
internal sealed class UpstreamAttempt : IAsyncDisposable
{
    /// <summary>Chunks without payload (a role, an empty text) that may be held back; a backend that sends more is believed to be answering.</summary>
    private const int MaxHeldBack = 16;

    private readonly Queue<ReadOnlyMemory<byte>> _heldBack = new();
    private readonly UpstreamReport _report = new();
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<UpstreamChunk> _chunks;
    private readonly LeaseKeeper _lease;
    private readonly TimeProvider _time;
    private readonly ChatGatherer? _gatherer;
    private readonly CancellationToken _clientLeft;
    private readonly CancellationToken _cut;
    private readonly IDisposable _running;
    private readonly AttemptMeter _meter;
    private readonly DeploymentSpend? _spend;
    private readonly Func<FailureKind, TimeSpan, bool> _isImpatience;
    private TaskCompletionSource? _firstToken;
    private bool _heard;
    private bool _tokenSeen;
    private bool _abandoned;
    private readonly long _called;
    private ReadOnlyMemory<byte>? _whole;
    private InferenceCompleted? _completed;
    private bool _endedAlready;
    private ValueTask<bool> _step;
    private bool _stepped;

    /// <param name="isImpatience">Whether a limit is one that the request has set itself, after so long a silence: then the backend is not to blame when it runs out.</param>
    public UpstreamAttempt(
        UpstreamRequest request, Deployment deployment, LeaseKeeper lease, AttemptMeter meter, AnswerForm form, InferenceServices services, CancellationToken clientLeft,
        Func<FailureKind, TimeSpan, bool> isImpatience, DeploymentSpend? spend = null)
    {
        (_spend, _isImpatience) = (spend, isImpatience);
        Deployment = deployment;
        Text = form == AnswerForm.StreamWithText ? new AnswerText() : null;
        _lease = lease;
        _time = services.Time;
        _cut = services.Drain.Cut;
        _running = services.Drain.EnterCall();
        _clientLeft = clientLeft;
        _gatherer = form == AnswerForm.Whole ? new ChatGatherer() : null;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(clientLeft, lease.Lost, _cut);
        _called = _time.GetTimestamp();
        _meter = meter;
        _chunks = services.Upstream.StreamAsync(request, _report, _stop.Token).GetAsyncEnumerator(_stop.Token);
    }

    public Deployment Deployment { get; }

    /// <summary>When the call began, as a timestamp.</summary>
    public long Called => _called;

    /// <summary>What the client has been shown; null when nobody wanted to know.</summary>
    public AnswerText? Text { get; }

    /// <summary>As far as it is known; complete, by estimate at the least, when the answer has ended however it ended.</summary>
    public UpstreamUsage? Usage => _report.Usage;

    public TimeSpan FirstToken { get; private set; }

    /// <summary>Time taken until there was something to show.</summary>
    public TimeSpan Upstream => _completed?.Upstream ?? FirstToken;

    /// <summary>The parting of the attempt that this one was quicker than; the disposal waits for it.</summary>
    public Task Beaten { private get; set; } = Task.CompletedTask;

    /// <summary>Over when its slot has been given back: after its end, and up to a second later where a call was given up.</summary>
    public Task Released { get; private set; } = Task.CompletedTask;

    public ImmutableArray<string> DroppedParameters => [.. _report.DroppedParameters];

    /// <summary>Over with the first token, which for a whole answer is long before there is something to show; never, if none comes.</summary>
    public Task FirstTokenSeen => _tokenSeen
        ? Task.CompletedTask
        : (_firstToken ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Runs until there is something to show.</summary>
    /// <returns>Why there is nothing, and whether another attempt makes sense; null when there is.</returns>
    public async Task<AttemptFailure?> OpenAsync()
    {
        try
        {
            while (await _chunks.MoveNextAsync())
            {
                var chunk = _chunks.Current;
                _heard = true;
                if (chunk.HasPayload) SeeToken();
                if (_gatherer is not null)
                {
                    _gatherer.Add(chunk);
                    continue;
                }

                _heldBack.Enqueue(chunk.Json);
                if (chunk.HasPayload || _heldBack.Count >= MaxHeldBack) return null;
            }

            if (_gatherer is not null) _whole = _gatherer.ToCompletion(_report.Usage);
        }
        catch (Exception e) when (IsExpected(e))
        {
            return await FailAsync(e);
        }
        catch
        {
            // Whoever began it gets no attempt to dispose of.
            await DisposeAsync();
            throw;
        }

        await CompleteAsync();
        return null;
    }

    /// <summary>Somebody else was faster: the upstream call ends at once, and <see cref="OpenAsync"/> with it.</summary>
    public Task AbandonAsync()
    {
        _abandoned = true;
        return _stop.CancelAsync();
    }

    /// <summary>Over when <see cref="NextAsync"/> has no upstream to wait for.</summary>
    public Arrival ArrivalAsync()
    {
        if (_heldBack.Count > 0 || _whole is not null || _completed is not null) return default;
        return new Arrival(Step().GetAwaiter());
    }

    /// <summary>The next event for the client; the last is <see cref="InferenceCompleted"/> or <see cref="InferenceFailed"/>.</summary>
    public ValueTask<InferenceEvent> NextAsync()
    {
        if (_heldBack.TryDequeue(out var held)) return new(Shown(held));
        if (_whole is { } whole)
        {
            _whole = null;
            return new(new WholeAnswer(whole));
        }

        return _completed is { } completed ? new(completed) : ReadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _stop.Dispose();
        await Beaten;
    }

    private async ValueTask<InferenceEvent> ReadAsync()
    {
        try
        {
            if (await TakeStep())
            {
                if (_chunks.Current.HasPayload) SeeToken();
                return Shown(_chunks.Current.Json);
            }
        }
        catch (Exception e) when (IsExpected(e))
        {
            return new InferenceFailed((await FailAsync(e)).Failure);
        }

        await CompleteAsync();
        return _completed!;
    }

    private ValueTask<bool> Step()
    {
        if (_stepped) return _step;
        _stepped = true;
        return _step = _chunks.MoveNextAsync();
    }

    private ValueTask<bool> TakeStep()
    {
        var step = Step();
        (_stepped, _step) = (false, default);
        return step;
    }

    /// <summary>The slot is free as soon as the upstream is done, however slowly the client reads the rest.</summary>
    private async Task CompleteAsync()
    {
        var usage = _report.Usage;
        _completed = new InferenceCompleted(usage?.Prompt ?? 0, usage?.Completion ?? 0, _time.GetElapsedTime(_called), usage?.Estimated ?? false)
        {
            CacheRead = usage?.CacheRead ?? 0,
            CacheWritten = usage?.CacheWritten ?? 0,
        };
        _lease.Outcome(Release(SlotOutcome.Succeeded) with { TimeToFirstToken = _tokenSeen ? FirstToken : null });
        _meter.Succeeded(_completed, FirstToken);
        await EndAsync();
    }

    private void SeeToken()
    {
        if (_tokenSeen) return;
        _tokenSeen = true;
        FirstToken = _time.GetElapsedTime(_called);
        _firstToken?.TrySetResult();
        _lease.SeeToken();
    }

    private TokenChunk Shown(ReadOnlyMemory<byte> json)
    {
        Text?.Add(json.Span);
        return new TokenChunk(json);
    }

    private SlotRelease Release(SlotOutcome outcome) => new()
    {
        RequestId = "",
        Outcome = outcome,
        PromptTokens = _report.Usage?.Prompt ?? 0,
        CompletionTokens = (int)(_report.Usage?.Completion ?? 0),
    };

    private async Task EndAsync()
    {
        if (_endedAlready) return;
        _endedAlready = true;
        // First the upstream, then the slot: it must not be another's while this inference may still run.
        await _stop.CancelAsync();
        try
        {
            await _chunks.DisposeAsync();
        }
        finally
        {
            _meter.Dispose();
            Released = ReleaseAsync();
            // Only the slot waits for a server that is slow to stop: the client, the next attempt and the fallback do not.
            if (_report.Parted.IsCompleted) await Released;
        }

        // What an upstream has refused it has not charged for.
        if (_spend is not null && (_tokenSeen || _completed is not null) && _report.Usage is { } used) await _spend.ChargeAsync(used);
    }

    private async Task ReleaseAsync()
    {
        try
        {
            if (_report.Parted.IsCompleted) await _lease.DisposeAsync();
            else await _lease.ReleaseAfterAsync(_report.Parted);
        }
        finally
        {
            _ = LeaveAsync();
        }
    }

    /// <summary>Till then the process stays.</summary>
    private async Task LeaveAsync()
    {
        await _lease.Told.ConfigureAwait(false);
        _running.Dispose();
    }

    private bool IsExpected(Exception e) => e switch
    {
        UpstreamException => true,
        OperationCanceledException => _stop.IsCancellationRequested,
        _ => false,
    };

    /// <summary>Every way in which an upstream call can fail, with what the backend's circuit should learn from it.</summary>
    private async Task<AttemptFailure> FailAsync(Exception e)
    {
        AttemptFailure explained;
        if (e is UpstreamException { Failure: var failure })
        {
            explained = AttemptFailure.Of(Failures.From(failure, Deployment.ConfiguredModel), failure.Retryable, failure.CallerFault);
            var silence = _heard ? TimeSpan.Zero : _time.GetElapsedTime(_called);
            var outcome = _isImpatience(failure.Kind, silence) ? SlotOutcome.ClientGone : Blame.For(failure, explained.Class);
            // What an upstream has refused it has not charged for.
            var release = _tokenSeen ? Release(outcome) : new SlotRelease { RequestId = "", Outcome = outcome };
            _meter.Failed(explained.Failure);
            _lease.Outcome(release with
            {
                Error = $"{Deployment.ConfiguredModel}: {failure.Kind}: {failure.Summary}", RetryAfter = failure.RetryAfter, IsOfAccount = failure.AccountFault, Class = Blame.ClassOf(explained.Class),
            });
        }
        else if (_abandoned)
        {
            _lease.Outcome(SlotOutcome.ClientGone);
            explained = AttemptFailure.Final(Failures.Cancelled);
        }
        else if (_clientLeft.IsCancellationRequested)
        {
            _lease.Outcome(SlotOutcome.ClientGone);
            explained = AttemptFailure.Final(Failures.Cancelled);
        }
        else
        {
            _lease.Outcome(SlotOutcome.ClientGone);
            explained = _cut.IsCancellationRequested
                ? AttemptFailure.Final(Failure.CutOff)
                : AttemptFailure.Of(Failures.LeaseLost, retryable: true, callerFault: false);
            _meter.Failed(explained.Failure);
        }

        await EndAsync();
        return explained;
    }
}

/// <summary>What is made of an upstream's chunks.</summary>
internal enum AnswerForm
{
    Stream,

    /// <summary>And the text is kept, so that another backend could go on with it.</summary>
    StreamWithText,
    Whole,
}
