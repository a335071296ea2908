using System.Runtime.CompilerServices;
using Orleans.Placement;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Grains.Responses;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Grains.Inference;

/// <summary>One request's life. Its steps are numbered as in docs/request-path.md.</summary>
[GrainType("inference")]
[PreferLocalPlacement]
[CollectionAgeLimit(Minutes = 10)]
internal sealed class InferenceGrain(ICatalog catalog, ICatalogSync sync, InferenceServices services) : Grain, IInferenceGrain
{
    /// <summary>How long after the word that its client has left a start may still arrive: a call lives 30 s at most.</summary>
    private static readonly TimeSpan StartIsLate = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _left = new();
    private IGrainTimer? _lateStart;
    private DetachedRun? _detached;
    private DistantReader? _reader;
    private Handover? _handover;
    private CancellationTokenSource? _handingStops;
    private Task _handing = Task.CompletedTask;
    private bool _begun;

    /// <summary>Not for a front end of this process, which would have it begun here again, nor for the readers of a log, who know it by its id.</summary>
    private bool MayMove => _handover is null && _detached is null;

    private OpeningTries Tries => new(isAlone: _detached is not null, this.GetPrimaryKeyString(), services, _left.Token);

    public IAsyncEnumerable<InferenceEvent> RunAsync(InferenceRequest request, CancellationToken cancellationToken = default)
    {
        var events = EventsOf(request, cancellationToken);
        // A resumable answer goes on without its reader.
        if (request.ResumableBy is null) _reader = services.Readers?.Watch(this.GetPrimaryKeyString(), events);
        return _reader ?? events;
    }

    public Task<bool> RunHereAsync(InferenceRequest request)
    {
        _handover = services.Handovers?.Find(this.GetPrimaryKeyString());
        if (_handover is null) return Task.FromResult(false);
        _begun = true;
        _handingStops = new CancellationTokenSource();
        // Called, not queued: its continuations stay in the turns of the grain. It observes all of its own failures.
        _handing = HandAsync(EventsOf(request, _handingStops.Token), _handover, _handingStops);
        return Task.FromResult(true);
    }

    public Task StartAsync(InferenceRequest request)
    {
        Detach(request);
        return Task.CompletedTask;
    }

    public Task<Failure?> StartInBackgroundAsync(InferenceRequest request)
    {
        if (_detached is not null || !services.Drain.Began.IsCancellationRequested) return Task.FromResult(Detach(request).Refusal);
        // Nothing has been promised yet: better refused here, or begun elsewhere, than begun and failed.
        Leave();
        return Task.FromResult<Failure?>(Failure.Stopping);
    }

    public Task<LogAnswer> ReadLogAsync(LogQuery query)
    {
        LeaveUnlessBegun();
        return Task.FromResult(_detached?.Read(query) ?? LogRefused.Unknown);
    }

    public async Task<bool> CancelResumableAsync(string caller)
    {
        LeaveUnlessBegun();
        if (_detached?.IsOpenTo(caller) is not true) return false;
        await _left.CancelAsync();
        return true;
    }

    public Task CancelAsync()
    {
        // This word can overtake the start, which must find it here: in a new activation it would run for nobody.
        if (!_begun) _lateStart ??= this.RegisterGrainTimer(NoStartAnyMoreAsync, new GrainTimerCreationOptions(StartIsLate, Timeout.InfiniteTimeSpan));
        return _left.CancelAsync();
    }

    public Task<bool> IsRunningAsync()
    {
        _reader?.Hear();
        _detached?.Hear();
        LeaveUnlessBegun();
        return Task.FromResult(_begun && _detached is not { IsLongOver: true });
    }

    public async Task CloseAsync()
    {
        if (_reader is not null) await _reader.LeaveAsync();
        if (_detached is null) Leave();
        else _detached.Close();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_detached is not null) await _detached.StopAsync(cancellationToken);
        if (_handing.IsCompleted) return;
        // It has to go in the middle of its answer: no end is told.
        _handover?.End(new ContactLostException("The inference that was read had to stop."));
        await _handingStops!.CancelAsync();
        await _handing.WaitAsync(cancellationToken);
    }

    private IAsyncEnumerable<InferenceEvent> EventsOf(InferenceRequest request, CancellationToken cancellationToken) =>
        request.ResumableBy is null ? LifeAsync(request, cancellationToken) : FollowAsync(request, cancellationToken);

    private IAsyncEnumerable<InferenceEvent> LifeAsync(InferenceRequest request, CancellationToken cancellationToken = default)
    {
        if (request.Cache is null) return StepsAsync(request, cancellationToken);
        _begun = true;
        return new CachedInference(this, GrainFactory, catalog, sync, services, _left, Tries).RunAsync(request, cancellationToken);
    }

    /// <summary>All of it, in the time of whoever pulls: the reader itself, or a <see cref="DetachedRun"/>.</summary>
    private async IAsyncEnumerable<InferenceEvent> StepsAsync(
        InferenceRequest asked, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _begun = true;
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _left.Token);
        // 2. The history of its conversation, and admission.
        using var opening = await Opening.BeginAsync(this, GrainFactory, asked, catalog, sync, services, Tries);
        if (await opening.AdmitAsync(opening.Request) is { } refusal)
        {
            yield return new InferenceFailed(refusal);
            yield break;
        }

        var (request, turns, record, openTurn, admittance) = (opening.Request, opening.Turns, opening.Record, opening.Turn, opening.Admittance);
        var written = 0L;
        var dispatch = new QueuedDispatch(left, request.Queue.TellProgress);
        try
        {
            // 3 to 5. Candidates, a slot, the upstream call until its first token.
            Dispatcher dispatcher;
            do
            {
                dispatcher = new Dispatcher(
                    this, GrainFactory, turns.Id, request, turns.Began, services, record.Timeline, dispatch.Tell, admittance.AskForAsync, MayMove, mayBeginAgain: _detached is null);
                await foreach (var news in dispatch.RunAsync(dispatcher)) yield return news;
            }
            while (await turns.BeginAgainAsync(dispatch.Result, CancellationToken.None));

            var dispatched = dispatch.Result;
            if (dispatched.Answer is null)
            {
                var failure = dispatched.Failure!;
                if (failure.IsRefusal && !dispatched.Asked) await admittance.WithdrawAsync();
                else await admittance.SettleAsync(failure.Broken?.PromptTokens ?? 0, failure.Broken?.CompletionTokens ?? 0, failure.Broken?.Cost);
                record.Waited(dispatcher.Queued);
                record.Failed(failure);
                yield return new InferenceFailed(failure with { Limits = failure.Limits ?? admittance.Standing });
                yield break;
            }

            await using (var answer = new OpenAnswer(dispatched, dispatcher, left.Token))
            {
                record.Served(dispatched.Started!, dispatched.Answer);
                record.Wasted = dispatched.Wasted;
                var started = dispatched.Started! with { Limits = admittance.Standing, Cost = Cost.OfWhole(request.Stream, dispatched.Answer) };
                // A whole answer is there as soon as it has begun. Its events go out together once it is settled: one message of the engine, not three.
                List<InferenceEvent>? together = request.Stream ? null : [started];
                if (together is null) yield return started;

                // 6. Tokens as they come.
                InferenceEvent next;
                do
                {
                    await answer.ArrivalAsync();
                    next = await answer.NextAsync();
                    if (next is TokenChunk) written++;
                    record.Saw(next);
                    openTurn?.Saw(next);
                    // 8. Settlement, before the client sees the end: its next request must not find this one still running.
                    if (next is InferenceCompleted done)
                    {
                        var used = new BrokenAnswer(answer.Deployment.Id, done.PromptTokens, done.CompletionTokens, Cost.Of(answer.Deployment, done)).And(dispatched.Wasted);
                        await admittance.SettleAsync(used.PromptTokens, used.CompletionTokens, used.Cost);
                        // And its next request must find this turn in its conversation. It has cost what it has cost, whoever has it.
                        if (openTurn is not null && await openTurn.StoreAsync(opening.RequestId, done) is { } notStored) next = new InferenceFailed(notStored with { Broken = used });
                        record.Ended(next, answer.Deployment, 0, 0);
                    }
                    else if (next.IsEnd)
                    {
                        await admittance.SettleAsync(request.PromptEstimate, written, Cost.Of(answer.Deployment, request.PromptEstimate, written));
                        record.Ended(next, answer.Deployment, request.PromptEstimate, written);
                    }

                    if (next is InferenceFailed { Failure: var failure } && failure.Kind != FailureKind.Cancelled)
                    {
                        services.Logger.StreamFailed(opening.RequestId, answer.Deployment.ToString(), failure.Kind.ToString(), services.Reports.WordsOf(failure));
                    }

                    if (together is null) yield return next;
                    else together.Add(next);
                }
                while (next is not (InferenceCompleted or InferenceFailed));

                foreach (var ready in together ?? []) yield return ready;
            }
        }
        finally
        {
            // 8. Settlement of what broke off: nobody tells its usage, a chunk is about a token. (7, the release of the lease with its
            // outcome, was the disposal of the answer.)
            if (!dispatch.MovedOn)
            {
                var prompt = written == 0 ? 0 : request.PromptEstimate;
                record.Failed(Failures.Cancelled, prompt, written);
                await admittance.SettleAsync(prompt, written, record.CostOf(prompt, written));
            }
        }
    }

    private async Task HandAsync(IAsyncEnumerable<InferenceEvent> events, Handover reader, CancellationTokenSource stops)
    {
        Exception? broken = null;
        try
        {
            await foreach (var next in events)
            {
                await reader.GiveAsync(next);
                // It says so by a call as well, which is sooner and may be lost.
                if (reader.HasLeft) await stops.CancelAsync();
            }
        }
        catch (Exception e)
        {
            // Whatever it is, it is the reader's, who would wait for ever otherwise.
            broken = e;
        }

        reader.End(broken);
        await CloseAsync();
    }

    private async IAsyncEnumerable<InferenceEvent> FollowAsync(
        InferenceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var next in Detach(request).FollowAsync(cancellationToken)) yield return next;
    }

    private DetachedRun Detach(InferenceRequest request)
    {
        if (_detached is null)
        {
            _detached = new DetachedRun(this, request, _left, catalog.Current.Settings.Resumable, services);
            // The log of an answer has numbered events, and its place in a queue is none of them.
            var steps = LifeAsync(request with { Queue = request.Queue with { TellProgress = false } });
            _detached.Begin(request.Response is { Background: true, Key: { } key }
                ? BackgroundEnd.ToldAsync(steps, GrainFactory.GetGrain<IResponseGrain>(key), this.GetPrimaryKeyString(), services)
                : steps);
        }

        return _detached;
    }

    /// <summary>Only a question about an inference that does not exist, or exists no more, has woken this activation.</summary>
    private void LeaveUnlessBegun()
    {
        if (!_begun) Leave();
    }

    private void Leave()
    {
        if (_lateStart is null) DeactivateOnIdle();
    }

    private Task NoStartAnyMoreAsync(CancellationToken cancellationToken)
    {
        _lateStart = null;
        if (_detached is null) Leave();
        return Task.CompletedTask;
    }
}
