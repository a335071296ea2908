using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Embedded;

/// <summary>
/// One subscriber: a bounded queue and a loop that hands it over item by item, in order. A grain's subscriber runs in turns of
/// that grain and ends with it. A subscriber that stays full for the response timeout is dropped, with an error to it.
/// </summary>
internal sealed class MemorySubscription<T> : StreamSubscriptionHandle<T>
{
    private const int Capacity = 1024;
    private readonly MemoryStreamProvider _provider;
    private readonly IAsyncObserver<T> _observer;
    private readonly Lock _gate = new();
    private readonly Queue<(T Item, MemoryStreamToken Token)> _items = new();
    private TaskCompletionSource? _room;
    private bool _delivering;
    private bool _gone;

    public MemorySubscription(MemoryStreamProvider provider, StreamId id, IAsyncObserver<T> observer, Guid handleId)
    {
        _provider = provider;
        _observer = observer;
        StreamId = id;
        HandleId = handleId;
        Owner = TaskScheduler.Current as Activation;
        Owner?.AddSubscription(End);
    }

    public override StreamId StreamId { get; }

    public override string ProviderName => _provider.Name;

    public override Guid HandleId { get; }

    public Activation? Owner { get; }

    public override Task UnsubscribeAsync()
    {
        End();
        return Task.CompletedTask;
    }

    public override bool Equals(StreamSubscriptionHandle<T>? other) => other?.HandleId == HandleId;

    /// <summary>Queues the item. When that fills the queue: a task for the publisher to wait for.</summary>
    public Task? Offer(T item, MemoryStreamToken token)
    {
        Task? room = null;
        lock (_gate)
        {
            if (_gone) return null;
            _items.Enqueue((item, token));
            if (_items.Count >= Capacity)
            {
                _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                room = WaitForRoomAsync(_room.Task);
            }

            if (_delivering) return room;
            _delivering = true;
        }

        _ = Task.Factory.StartNew(
            DeliverAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, (TaskScheduler?)Owner ?? TaskScheduler.Default);
        return room;
    }

    private async Task WaitForRoomAsync(Task room)
    {
        try
        {
            await room.WaitAsync(_provider.Engine.Messaging.ResponseTimeout, _provider.Engine.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            End();
            var error = new LimitExceededException("StreamSubscriberQueue", Capacity, Capacity, StreamId);
            _provider.Engine.Log.SubscriberFailed(StreamId, error);
            await TellAsync(error).ConfigureAwait(false);
        }
    }

    private async Task DeliverAsync()
    {
        while (true)
        {
            (T Item, MemoryStreamToken Token) next;
            lock (_gate)
            {
                if (_gone || !_items.TryDequeue(out next))
                {
                    _delivering = false;
                    return;
                }

                if (_items.Count <= Capacity / 2) FreeRoom();
            }

            try
            {
                await _observer.OnNextAsync(next.Item, next.Token);
            }
            catch (Exception exception)
            {
                _provider.Engine.Log.SubscriberFailed(StreamId, exception);
                await TellAsync(exception);
            }
        }
    }

    private async Task TellAsync(Exception error)
    {
        try
        {
            await _observer.OnErrorAsync(error);
        }
        catch (Exception exception)
        {
            _provider.Engine.Log.SubscriberFailed(StreamId, exception);
        }
    }

    private void End()
    {
        lock (_gate)
        {
            if (_gone) return;
            _gone = true;
            _items.Clear();
            FreeRoom();
        }

        _provider.Unsubscribe(this);
    }

    private void FreeRoom()
    {
        _room?.TrySetResult();
        _room = null;
    }
}
