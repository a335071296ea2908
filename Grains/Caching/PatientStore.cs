using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Caching;

/// <summary>
/// The shared store as requests see it: it never fails, and one that has failed is left alone for a while, so that its outage costs a few
/// requests a second of waiting and not all of them.
/// </summary>
internal sealed class PatientStore(ICacheStore store, TimeProvider time, ILogger logger)
{
    /// <summary>A request does not wait for it longer than that: then it is answered as if nothing were stored.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private long _failedAt;

    public Task<ReadOnlyMemory<byte>?> ReadAsync(string key) => TryAsync(() => store.ReadAsync(key));

    public Task WriteAsync(string key, ReadOnlyMemory<byte> value, TimeSpan ttl) => TryAsync(async () =>
    {
        await store.WriteAsync(key, value, ttl);
        return null;
    });

    /// <exception cref="TimeoutException">What is to be forgotten must be known to be forgotten: here its failure counts.</exception>
    public Task RemoveAsync(string key) => store.RemoveAsync(key).WaitAsync(Patience, time);

    private async Task<ReadOnlyMemory<byte>?> TryAsync(Func<Task<ReadOnlyMemory<byte>?>> call)
    {
        if (Volatile.Read(ref _failedAt) is not 0 and var failedAt && time.GetElapsedTime(failedAt) < Pause) return null;
        try
        {
            var result = await call().WaitAsync(Patience, time);
            Volatile.Write(ref _failedAt, 0);
            return result;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Volatile.Write(ref _failedAt, time.GetTimestamp());
            logger.StoreFailed(e);
            return null;
        }
    }
}
