using System.Runtime.CompilerServices;
using Orleans.Placement;
using OrleansLlm.Caching;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Caching;

/// <summary>Runs an inference for all who ask the same, and leaves its answer with the cache before anybody sees its end.</summary>
[GrainType("shared-inference")]
[PreferLocalPlacement]
[CollectionAgeLimit(Minutes = 5)]
internal sealed class SharedInferenceGrain(ICatalog catalog, ICatalogSync sync, CacheServices cached, InferenceServices services) : Grain, ISharedInferenceGrain
{
    /// <summary>With <see cref="SharedReaders.MaxQuietTicks"/>: how long a dead reader keeps it running.</summary>
    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(5);

    /// <summary>What the end of the answer waits for its place in the cache.</summary>
    private static readonly TimeSpan KeepPatience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _left = new();
    private SharedRun? _run;
    private Task _pump = Task.CompletedTask;
    private IGrainTimer? _timer;
    private int _ticksSinceEnd;

    public Task StartAsync(string cacheKey, string reader, InferenceRequest request)
    {
        if (_run is not null) return Task.CompletedTask;
        _run = new SharedRun(_left);
        _run.Join(reader);
        _timer = this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TickPeriod, TickPeriod) { Interleave = true, KeepAlive = true });
        // Called, not queued: its continuations stay in the turns of the grain. It observes all of its own failures.
        _pump = PumpAsync(_run, cacheKey, request);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<InferenceEvent> ReadAsync(string reader, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (_run?.Join(reader) is not true) yield break;
        cached.Reads(1);
        try
        {
            await foreach (var next in _run.ReadAsync(reader, cancellationToken)) yield return next;
        }
        finally
        {
            cached.Reads(-1);
        }
    }

    public Task<bool> StayAsync(string reader)
    {
        if (_run is null) DeactivateOnIdle();
        return Task.FromResult(_run?.Stay(reader) is true);
    }

    public Task<bool> LeaveAsync(string reader)
    {
        if (_run is null) DeactivateOnIdle();
        var pays = _run?.Leave(reader) is true;
        LeaveIfDone();
        return Task.FromResult(pays);
    }

    /// <summary>Whoever reads: nothing is told, so that readers find it gone and not ended.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        _run?.Stop();
        await _left.CancelAsync();
        await _pump.WaitAsync(cancellationToken);
    }

    private async Task PumpAsync(SharedRun run, string cacheKey, InferenceRequest request)
    {
        var cache = GrainFactory.GetGrain<ICompletionCacheGrain>(cacheKey);
        var id = this.GetPrimaryKeyString();
        var kept = false;
        try
        {
            await foreach (var next in new BareInference(this, GrainFactory, catalog, sync, services, _left).RunAsync(id, request))
            {
                if (next.IsEnd)
                {
                    // First its place in the cache: the next request must find the answer, or nothing to join.
                    kept = true;
                    await TellAsync(cache, id, next is InferenceCompleted done ? AnswerToKeep.Of(run.Whole, done, request, catalog.Current.Settings.Cache, services.Time.GetUtcNow()) : null);
                }

                await run.AppendAsync(next);
            }
        }
        catch (Exception e)
        {
            // Its readers and whoever asks the same wait for this run: its end is told whatever it is. Of a node without memory they hear as of one that is lost.
            var isLost = LostContact.Is(e) || e is OutOfMemoryException;
            if (!isLost) services.Logger.InternalError(id, e);
            if (!isLost && !run.Ended) await run.AppendAsync(new InferenceFailed(Failures.Internal));
        }

        run.Stop();
        if (!kept) await TellAsync(cache, id, null);
        LeaveIfDone();
    }

    private async Task TellAsync(ICompletionCacheGrain cache, string id, CachedAnswer? answer)
    {
        try
        {
            await cache.EndAsync(id, answer).WaitAsync(KeepPatience, services.Time);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            services.Logger.NotCached(id, e);
        }
    }

    private Task TickAsync(CancellationToken cancellationToken)
    {
        _run?.Tick();
        if (_run is { Ended: true }) _ticksSinceEnd++;
        LeaveIfDone();
        return Task.CompletedTask;
    }

    /// <summary>Not at once: somebody may be on the way to it whom the cache has just sent.</summary>
    private void LeaveIfDone()
    {
        if (_run is not { Ended: true, Readers: 0 } || _ticksSinceEnd == 0) return;
        _timer?.Dispose();
        DeactivateOnIdle();
    }
}
