using OrleansLlm.Caching;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Caching;

/// <summary>
/// Where one request's answer comes from: the cache, an inference that others read as well, or, where the cache cannot help, one of its own.
/// What is lost before any of it was shown is asked for again. Lives in the turns of its grain.
/// </summary>
internal sealed class AnswerSource : IAsyncDisposable
{
    /// <summary>A shared inference that is lost so often is replaced by one of its own.</summary>
    private const int MostRuns = 3;

    /// <summary>How often a reader says that it is there, and so finds out whether its inference is.</summary>
    private static readonly TimeSpan StayPeriod = TimeSpan.FromSeconds(2);

    private readonly Grain _owner;
    private readonly IGrainFactory _grains;
    private readonly InferenceServices _services;
    private readonly BareInference _own;
    private readonly string _id;
    private readonly InferenceRequest _request;
    private readonly CancellationTokenSource _left;
    private readonly ICompletionCacheGrain _cache;
    private readonly string _terms;
    private CacheReply? _found;
    private CancellationTokenSource? _stop;
    private IAsyncEnumerator<InferenceEvent>? _events;
    private ISharedInferenceGrain? _run;
    private IGrainTimer? _timer;
    private string? _runId;
    private int _runs;
    private bool _lost;
    private bool _shown;
    private bool? _pays;

    public AnswerSource(
        Grain owner, IGrainFactory grains, BareInference own, InferenceRequest request, InferenceServices services, CancellationTokenSource left)
    {
        (_owner, _grains, _own, _request, _services, _left) = (owner, grains, own, request, services, left);
        _id = owner.GetPrimaryKeyString();
        Key = CacheKey.Of(request);
        _terms = CacheKey.TermsOf(request);
        _cache = grains.GetGrain<ICompletionCacheGrain>(Key);
    }

    public string Key { get; }

    public CacheStatus Status { get; private set; } = CacheStatus.Miss;

    /// <summary>It was asked for and not there: not so where the client has said that the cache is not to be asked.</summary>
    public bool Missed => Status == CacheStatus.Miss && !Use.NoCache;

    private CacheUse Use => _request.Cache!;

    /// <summary>Finds out whether the request needs an inference of its own, before it is admitted for one.</summary>
    public async Task LookAsync()
    {
        _found = Use.NoCache ? CacheNothing.Instance : await TryCacheAsync(() => _cache.FindAsync(new CacheQuestion(_terms, Use.MaxAge, _lost ? _runId : null)));
        Status = _found switch
        {
            CacheStored => CacheStatus.Hit,
            CacheRunning => CacheStatus.Joined,
            _ => CacheStatus.Miss,
        };
    }

    /// <summary>The next event; one that <see cref="InferenceEvent.IsEnd"/> comes in any case.</summary>
    /// <exception cref="NodeDrainingException">This node is stopping, and nothing has been shown.</exception>
    public async ValueTask<InferenceEvent> NextAsync()
    {
        while (true)
        {
            if (_events is null) await OpenAsync();
            if (await MoveNextAsync() is { } next)
            {
                _shown |= next is not InferenceQueued;
                return next;
            }

            if (_left.IsCancellationRequested) return new InferenceFailed(Failures.Cancelled);
            if (_shown) return new InferenceFailed(Failure.GatewayLost);
            _lost = true;
            await CloseAsync();
            await LookAsync();
        }
    }

    /// <summary>The end was seen, or the client has left. Idempotent.</summary>
    /// <returns>Whether the tokens are this request's to pay.</returns>
    public async Task<bool> LeaveAsync()
    {
        _timer?.Dispose();
        return _pays ??= await AskWhoPaysAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        await CloseAsync();
    }

    private async Task<bool> AskWhoPaysAsync()
    {
        if (Status == CacheStatus.Hit) return false;
        if (_run is null) return true;
        try
        {
            return await _run.LeaveAsync(_id);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // Nobody can say any more: whoever began it pays for what it has seen.
            _services.Logger.CacheUnreachable(_id, e);
            return Status == CacheStatus.Miss;
        }
    }

    private async Task OpenAsync()
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_left.Token);
        if (_found is CacheStored stored)
        {
            _events = Replay(stored.Answer).GetAsyncEnumerator();
            return;
        }

        var run = (_found as CacheRunning)?.RunId ?? await BeginAsync();
        if (run is null)
        {
            Status = CacheStatus.Miss;
            _run = null;
            _events = _own.RunAsync(_id, _request).GetAsyncEnumerator();
            return;
        }

        _runs++;
        (_runId, _lost) = (run, false);
        _run = _grains.GetGrain<ISharedInferenceGrain>(run);
        _timer = _owner.RegisterGrainTimer(StayAsync, new GrainTimerCreationOptions(StayPeriod, StayPeriod) { Interleave = true });
        _events = _run.ReadAsync(_id, _stop.Token).GetAsyncEnumerator(_stop.Token);
    }

    /// <returns>The inference to read; null: it is on its own.</returns>
    private async Task<string?> BeginAsync()
    {
        // Nobody may join what is not to be stored: its client has said that it wants to leave no trace.
        if (Use.NoStore || _runs >= MostRuns) return null;
        var offer = new CacheOffer(_terms, $"{_id}~s{_runs + 1}", _id, _request with { ResumableBy = null, Conversation = null, Response = null }, Use.NoCache && _runs == 0);
        if (await TryCacheAsync(() => _cache.BeginAsync(offer)) is not CacheRunning running) return null;
        Status = running.RunId == offer.RunId ? CacheStatus.Miss : CacheStatus.Joined;
        return running.RunId;
    }

    private async ValueTask<InferenceEvent?> MoveNextAsync()
    {
        try
        {
            return await _events!.MoveNextAsync() ? _events.Current : null;
        }
        catch (OperationCanceledException) when (_stop!.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (_run is not null && LostContact.Is(e))
        {
            if (!_left.IsCancellationRequested) _services.Logger.CacheUnreachable(_id, e);
            return null;
        }
    }

    private async Task StayAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_run is null || await _run.StayAsync(_id)) return;
            // A living silo says that it is not there. What has been read of it is all there will be.
            await _stop!.CancelAsync();
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // Busy, or dead and not yet known to be: the next question gets the word of a living silo.
        }
    }

    private async Task CloseAsync()
    {
        _timer?.Dispose();
        if (_events is not { } events) return;
        _events = null;
        if (_stop is not null) await _stop.CancelAsync();
        try
        {
            // The engine tells a silo that is not there any more, and waits for its answer: the client must not.
            if (_lost) _ = events.DisposeAsync().AsTask().ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            else await events.DisposeAsync();
        }
        catch (Exception e) when (_run is not null && LostContact.IsOrGivenUp(e))
        {
            _services.Logger.CacheUnreachable(_id, e);
        }
    }

    private async Task<CacheReply> TryCacheAsync(Func<Task<CacheReply>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            _services.Logger.CacheUnreachable(_id, e);
            _runs = MostRuns;
            return CacheNothing.Instance;
        }
    }

    private async IAsyncEnumerable<InferenceEvent> Replay(CachedAnswer answer)
    {
        await Task.CompletedTask;
        foreach (var next in CachedReplay.Of(answer, _request.Stream, _request.IncludeUsage)) yield return next;
    }
}
