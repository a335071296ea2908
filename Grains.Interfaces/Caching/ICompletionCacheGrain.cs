using Orleans.Concurrency;

namespace OrleansLlm.Caching;

/// <summary>One cached answer (the key is a hash of all that the answer depends on), and the inferences that are writing it.</summary>
[Alias("OrleansLlm.ICompletionCacheGrain")]
public interface ICompletionCacheGrain : IGrainWithStringKey
{
    [ResponseTimeout("00:00:05")]
    [Alias("Find")]
    Task<CacheReply> FindAsync(CacheQuestion question);

    /// <summary>Begins an inference that others may join, unless one runs already. Idempotent by its run id.</summary>
    /// <returns><see cref="CacheRunning"/> with the inference to read; <see cref="CacheNothing"/>: too many run, the asker is on its own.</returns>
    [ResponseTimeout("00:00:05")]
    [Alias("Begin")]
    Task<CacheReply> BeginAsync(CacheOffer offer);

    /// <summary>An inference has ended. Its answer is found from now on. Idempotent.</summary>
    /// <param name="answer">Null: there is none worth keeping.</param>
    [ResponseTimeout("00:00:05")]
    [Alias("End")]
    Task EndAsync(string runId, CachedAnswer? answer);

    /// <summary>Forgets the answer, here and in the shared store. What runs goes on.</summary>
    /// <returns>Whether there was one.</returns>
    [ResponseTimeout("00:00:05")]
    [Alias("Remove")]
    Task<bool> RemoveAsync();

    /// <summary>Its process needs the memory. A shared store keeps its copy.</summary>
    [OneWay]
    [Alias("Evict")]
    Task EvictAsync();
}
