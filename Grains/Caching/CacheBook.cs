using OrleansLlm.Caching;

namespace OrleansLlm.Grains.Caching;

/// <summary>What one cache grain knows: its answer, and the inferences that are writing one. No clock, no I/O.</summary>
internal sealed class CacheBook
{
    /// <summary>Inferences of the same question on different terms; one more is on its own.</summary>
    public const int MaxRuns = 16;

    private readonly Dictionary<string, string> _runs = new(StringComparer.Ordinal);

    public CachedAnswer? Answer { get; private set; }

    public int Runs => _runs.Count;

    /// <summary>A stored answer before one on its way.</summary>
    public CacheReply Find(CacheQuestion question, DateTimeOffset now)
    {
        if (question.LostRun is { } lost) EndRun(lost);
        if (IsFresh(Answer, question.MaxAge, now)) return new CacheStored(Answer!);
        return _runs.TryGetValue(question.Terms, out var run) ? new CacheRunning(run) : CacheNothing.Instance;
    }

    /// <returns>The inference to read: another one that runs already, or the one that was offered and is to be started; null: neither.</returns>
    public string? Begin(CacheOffer offer)
    {
        if (!offer.Anew && _runs.TryGetValue(offer.Terms, out var run)) return run;
        if (!_runs.ContainsKey(offer.Terms) && _runs.Count == MaxRuns) return null;
        // Who asked for a new answer is joined from now on; the one before goes on for those who have it.
        return _runs[offer.Terms] = offer.RunId;
    }

    public void EndRun(string run)
    {
        foreach (var (terms, other) in _runs)
        {
            if (other != run) continue;
            _runs.Remove(terms);
            return;
        }
    }

    public void Keep(CachedAnswer answer) => Answer = answer;

    public void Forget() => Answer = null;

    /// <summary>An answer is of no use any more from the moment on at which it expires.</summary>
    public static bool IsFresh(CachedAnswer? answer, TimeSpan? maxAge, DateTimeOffset now) =>
        answer is not null && now < answer.ExpiresAt && (maxAge is null || now - answer.StoredAt <= maxAge);
}
