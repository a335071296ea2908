using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Embedded;

/// <summary>One stream of one provider, as publishers and subscribers hold it: just its name.</summary>
internal sealed class MemoryStream<T>(MemoryStreamProvider provider, StreamId id) : IAsyncStream<T>
{
    public bool IsRewindable => false;

    public string ProviderName => provider.Name;

    public StreamId StreamId => id;

    /// <summary>Ends when every subscriber has room for the item: a slow one slows the publisher, for so long at most.</summary>
    public async Task OnNextAsync(T item, StreamSequenceToken? token = null)
    {
        if (provider.FindHub<T>(id) is not { } hub) return;
        foreach (var room in hub.Publish(item)) await room;
    }

    public async Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        foreach (var item in batch) await OnNextAsync(item, token);
    }

    // As in Orleans' memory streams: the end of a stream is an item.
    public Task OnCompletedAsync() => throw new NotSupportedException("Memory streams do not complete; publish an item that says so.");

    public Task OnErrorAsync(Exception ex) => throw new NotSupportedException("Memory streams carry no errors; publish an item that says so.");

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return Task.FromResult<StreamSubscriptionHandle<T>>(provider.Subscribe(id, observer));
    }

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null)
    {
        if (token is not null) throw new ArgumentException("A memory stream cannot be rewound.", nameof(token));
        return SubscribeAsync(observer);
    }

    public Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles()
    {
        var owner = TaskScheduler.Current as Activation;
        return Task.FromResult<IList<StreamSubscriptionHandle<T>>>(
            [.. (provider.FindHub<T>(id)?.Subscribers ?? []).Where(s => ReferenceEquals(s.Owner, owner))]);
    }
}
