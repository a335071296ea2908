using OrleansLlm.Caching;

namespace OrleansLlm.Grains.Caching;

/// <summary>What this process knows of the last flush. Asked for again after a second; who cannot be asked has said what it said last.</summary>
internal sealed class FlushMark(IGrainFactory grains, TimeProvider time)
{
    private static readonly TimeSpan Precision = TimeSpan.FromSeconds(1);

    private long _askedAt;
    private long _flushedAt;

    /// <summary>Whether what was stored then has been thrown away since.</summary>
    public async ValueTask<bool> CoversAsync(DateTimeOffset storedAt)
    {
        var askedAt = Volatile.Read(ref _askedAt);
        if (askedAt == 0 || time.GetElapsedTime(askedAt) >= Precision) await AskAsync();
        return storedAt.UtcTicks <= Volatile.Read(ref _flushedAt);
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
