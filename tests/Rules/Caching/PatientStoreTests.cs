using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Grains.Caching;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Rules.Caching;

/// <summary>A shared store that is away costs the answers it has, and no more.</summary>
public class PatientStoreTests
{
    private readonly ManualTime _time = new();
    private readonly FakeStore _store = new();

    private PatientStore Patient => field ??= new PatientStore(_store, _time, NullLogger.Instance);

    [Fact]
    public async Task AStoreThatFails_IsLeftAloneForAWhile()
    {
        _store.Read = () => throw new InvalidOperationException();
        Assert.Null(await Patient.ReadAsync("k"));
        _store.Read = () => Task.FromResult<ReadOnlyMemory<byte>?>("v"u8.ToArray());
        _time.Advance(PatientStore.Pause - TimeSpan.FromTicks(1));
        Assert.Null(await Patient.ReadAsync("k"));
        Assert.Equal(1, _store.Reads);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.NotNull(await Patient.ReadAsync("k"));
        Assert.NotNull(await Patient.ReadAsync("k"));
    }

    [Fact]
    public async Task AStoreThatDoesNotAnswer_IsWaitedForOnce()
    {
        _store.Read = () => new TaskCompletionSource<ReadOnlyMemory<byte>?>().Task;
        var read = Patient.ReadAsync("k");
        Assert.False(read.IsCompleted);
        _time.Advance(PatientStore.Patience);
        Assert.Null(await read);
        Assert.Null(await Patient.ReadAsync("k"));
        await Patient.WriteAsync("k", default, TimeSpan.FromSeconds(1));
        Assert.Equal((1, 0), (_store.Reads, _store.Writes));
    }

    private sealed class FakeStore : ICacheStore
    {
        public Func<Task<ReadOnlyMemory<byte>?>> Read { get; set; } = null!;

        public int Reads { get; private set; }

        public int Writes { get; private set; }

        public Task<ReadOnlyMemory<byte>?> ReadAsync(string key)
        {
            Reads++;
            return Read();
        }

        public Task WriteAsync(string key, ReadOnlyMemory<byte> value, TimeSpan ttl)
        {
            Writes++;
            return Task.CompletedTask;
        }

        public Task RemoveAsync(string key) => Task.CompletedTask;
    }
}
