using OrleansLlm.Caching;

namespace OrleansLlm.Grains.Caching;

/// <summary>What this process knows of the last flush. Asked for again after a second; who cannot be asked has said what it said last.</summary>
internal sealed class FlushMark(IGrainFactory grains, TimeProvider time)
{
    /// <summary>What is later than that has been written by a clock that was ahead: the clocks of nodes do not differ by so much.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Precision = TimeSpan.FromSeconds(1);

    private long _askedAt;
    private long _flushedAt;

    /// <summary>Whether what was stored then has been thrown away since; of what comes out of the future nobody can tell.</summary>
    public async ValueTask<bool> CoversAsync(DateTimeOffset storedAt)
    {
        var askedAt = Volatile.Read(ref _askedAt);
        if (askedAt == 0 || time.GetElapsedTime(askedAt) >= Precision) await AskAsync();
        return storedAt.UtcTicks <= Volatile.Read(ref _flushedAt) || storedAt > time.GetUtcNow() + Ahead;
    }

    private async Task AskAsync()
    {
        Volatile.Write(ref _askedAt, time.GetTimestamp());
        try
        {
            Volatile.Write(ref _flushedAt, (await grains.GetGrain<ICacheFlushGrain>(ICacheFlushGrain.Key).GetLastAsync()).UtcTicks);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // A second later again.
        }
    }
}
