using OrleansLlm.Caching;

namespace OrleansLlm.Grains.Caching;

/// <summary>What one cache grain knows: its answer, and the inferences that are writing one. No clock, no I/O.</summary>
internal sealed class CacheBook
{
    /// <summary>Inferences of the same question on different terms; one more is on its own.</summary>
    public const int MaxRuns = 16;

    private readonly Dictionary<string, string> _runs = new(StringComparer.Ordinal);

    /// <summary>When it was stored, by the clock that nobody sets.</summary>
    private TimeSpan _born;

    public CachedAnswer? Answer { get; private set; }

    public int Runs => _runs.Count;

    /// <summary>A stored answer before one on its way.</summary>
    /// <param name="now">The time of day, which somebody may set.</param>
    /// <param name="clock">The time since something, which nobody sets.</param>
    public CacheReply Find(CacheQuestion question, DateTimeOffset now, TimeSpan clock)
    {
        if (question.LostRun is { } lost) EndRun(lost);
        if (IsFresh(question.MaxAge, now, clock)) return new CacheStored(Answer!);
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

    /// <summary>From then on it gets older by both clocks; an answer that was stored elsewhere is as old as the time of day says, but not younger than new.</summary>
    public void Keep(CachedAnswer answer, DateTimeOffset now, TimeSpan clock)
    {
        Answer = answer;
        var age = now - answer.StoredAt;
        _born = clock - (age > TimeSpan.Zero ? age : TimeSpan.Zero);
    }

    public void Forget() => Answer = null;

    /// <summary>
    /// An answer is of no use any more from the moment on at which it expires: by the time of day, which goes on while a machine sleeps, or by the
    /// clock that is not set back.
    /// </summary>
    public bool IsFresh(TimeSpan? maxAge, DateTimeOffset now, TimeSpan clock) =>
        Answer is { } answer && LeftOf(answer, now, clock) > TimeSpan.Zero && (maxAge is null || (now - answer.StoredAt <= maxAge && clock - _born <= maxAge));

    /// <summary>How long it is of use yet.</summary>
    public TimeSpan Left(DateTimeOffset now, TimeSpan clock) => Answer is { } answer ? LeftOf(answer, now, clock) : TimeSpan.Zero;

    private TimeSpan LeftOf(CachedAnswer answer, DateTimeOffset now, TimeSpan clock)
    {
        var (left, byClock) = (answer.ExpiresAt - now, answer.ExpiresAt - answer.StoredAt - (clock - _born));
        return left < byClock ? left : byClock;
    }
}
