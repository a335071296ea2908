namespace OrleansLlm.Grains.Caching;

/// <summary>
/// Where answers outlive the activation that keeps them in memory, for all nodes. The host may register one; without it there is none. Never
/// on the path of a token.
/// </summary>
public interface ICacheStore
{
    /// <summary>Null: not there.</summary>
    Task<ReadOnlyMemory<byte>?> ReadAsync(string key);

    /// <param name="ttl">After it the store forgets the value by itself.</param>
    Task WriteAsync(string key, ReadOnlyMemory<byte> value, TimeSpan ttl);

    Task RemoveAsync(string key);
}

/// <summary>Each process has its own answers, and forgets them when it ends.</summary>
internal sealed class NoCacheStore : ICacheStore
{
    public Task<ReadOnlyMemory<byte>?> ReadAsync(string key) => Task.FromResult<ReadOnlyMemory<byte>?>(null);

    public Task WriteAsync(string key, ReadOnlyMemory<byte> value, TimeSpan ttl) => Task.CompletedTask;

    public Task RemoveAsync(string key) => Task.CompletedTask;
}
