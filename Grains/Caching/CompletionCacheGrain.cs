using OrleansLlm.Caching;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Caching;

/// <summary>Keeps one answer in memory and, where there is one, in the shared store; sends those who ask the same to the same inference.</summary>
[GrainType("completion-cache")]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class CompletionCacheGrain(ICatalog catalog, CacheServices services) : Grain, ICompletionCacheGrain
{
    /// <summary>Longer than inferences take: whoever forgot one that runs would begin another.</summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromHours(2);

    private readonly CacheBook _book = new();
    private readonly long _start = services.Time.GetTimestamp();

    private string Key => this.GetPrimaryKeyString();

    private DateTimeOffset Now => services.Time.GetUtcNow();

    private TimeSpan Clock => services.Time.GetElapsedTime(_start);

    private bool HasFresh => _book.IsFresh(maxAge: null, Now, Clock);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await services.Store.ReadAsync(Key) is not { } stored || CachedAnswerFormat.Read(stored) is not { } answer) return;
        if (Now < answer.ExpiresAt) Keep(answer);
    }

    public async Task<CacheReply> FindAsync(CacheQuestion question)
    {
        if (_book.Answer is { } answer && await services.Flush.CoversAsync(answer.StoredAt)) Forget();
        var reply = _book.Find(question, Now, Clock);
        if (reply is CacheStored) services.Shelf.Touch(Key);
        return reply;
    }

    public async Task<CacheReply> BeginAsync(CacheOffer offer)
    {
        if (_book.Begin(offer) is not { } run) return CacheNothing.Instance;
        try
        {
            DelayDeactivation(LongestRun);
            if (run == offer.RunId) await GrainFactory.GetGrain<ISharedInferenceGrain>(run).StartAsync(Key, offer.Reader, offer.Request);
        }
        catch
        {
            _book.EndRun(run);
            throw;
        }

        return new CacheRunning(run);
    }

    public Task EndAsync(string runId, CachedAnswer? answer)
    {
        _book.EndRun(runId);
        if (answer is null)
        {
            LeaveIfEmpty();
            return Task.CompletedTask;
        }

        Keep(answer);
        // Behind the answer: its end does not wait for the store, and an outage of it costs the copy only.
        _ = services.Store.WriteAsync(Key, CachedAnswerFormat.Write(answer), answer.ExpiresAt - answer.StoredAt);
        return Task.CompletedTask;
    }

    public async Task<bool> RemoveAsync()
    {
        var had = HasFresh;
        Forget();
        await services.Store.RemoveAsync(Key);
        LeaveIfEmpty();
        return had;
    }

    public Task EvictAsync()
    {
        // It may have been asked for again, and be on the shelf again, since.
        if (!services.Shelf.Has(Key)) Forget();
        LeaveIfEmpty();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Forget();
        return Task.CompletedTask;
    }

    private void Keep(CachedAnswer answer)
    {
        var options = catalog.Current.Settings.Cache;
        if (services.Shelf.Put(Key, answer.Json.Length, options.MaxBytes) is not { } victims)
        {
            _book.Forget();
            return;
        }

        _book.Keep(answer, Now, Clock);
        foreach (var victim in victims) _ = GrainFactory.GetGrain<ICompletionCacheGrain>(victim).EvictAsync();
        // The answer lives as long as this activation.
        if (_book.Left(Now, Clock) is var ttl && ttl > TimeSpan.Zero) DelayDeactivation(ttl);
    }

    private void Forget()
    {
        _book.Forget();
        services.Shelf.Remove(Key);
    }

    private void LeaveIfEmpty()
    {
        if (_book.Answer is not null && !HasFresh) Forget();
        if (_book is { Answer: null, Runs: 0 }) DeactivateOnIdle();
    }
}
