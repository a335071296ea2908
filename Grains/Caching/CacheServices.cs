using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Caching;

/// <summary>What cached answers need from their process.</summary>
internal sealed class CacheServices(CacheShelf shelf, ICacheStore store, TimeProvider time, ILogger<CompletionCacheGrain> logger)
{
    public CacheShelf Shelf => shelf;

    public ICacheStore Store => store;

    public TimeProvider Time => time;

    public ILogger Logger => logger;
}
