using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Caching;

/// <summary>What cached answers need from their process.</summary>
internal sealed class CacheServices(CacheShelf shelf, FlushMark flush, ICacheStore store, TimeProvider time, ILogger<CompletionCacheGrain> logger)
{
    private int _reading;

    /// <summary>Requests that read a shared inference of this process now.</summary>
    public int Reading => Volatile.Read(ref _reading);

    public CacheShelf Shelf => shelf;

    public FlushMark Flush => flush;

    public PatientStore Store { get; } = new(store, time, logger);

    public TimeProvider Time => time;

    public void Reads(int change) => Interlocked.Add(ref _reading, change);
}
