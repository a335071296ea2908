using OrleansLlm.Grains.Caching;
using StackExchange.Redis;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// Cached answers as plain values that Redis forgets by itself (<c>SET … EX</c>). Not in the store of grain state, whose rows have one time to
/// live for all or none. The connection is opened with the first use and heals by itself.
/// </summary>
internal sealed class RedisCacheStore(ConfigurationOptions options, string service) : ICacheStore, IAsyncDisposable
{
    private readonly Lazy<Task<ConnectionMultiplexer>> _connection = new(() => ConnectionMultiplexer.ConnectAsync(options));

    public async Task<ReadOnlyMemory<byte>?> ReadAsync(string key)
    {
        var value = await (await DatabaseAsync()).StringGetAsync(NameOf(key));
        return value.HasValue ? (ReadOnlyMemory<byte>)value : null;
    }

    public async Task WriteAsync(string key, ReadOnlyMemory<byte> value, TimeSpan ttl)
    {
        if (ttl <= TimeSpan.Zero) return;
        await (await DatabaseAsync()).StringSetAsync(NameOf(key), value, ttl);
    }

    public async Task RemoveAsync(string key) => await (await DatabaseAsync()).KeyDeleteAsync(NameOf(key));

    public async ValueTask DisposeAsync()
    {
        if (_connection is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await _connection.Value).DisposeAsync();
    }

    private async Task<IDatabase> DatabaseAsync() => (await _connection.Value).GetDatabase();

    private RedisKey NameOf(string key) => $"{service}/completion-cache/{key}";
}
