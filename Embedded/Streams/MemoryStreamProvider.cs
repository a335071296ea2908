using System.Collections.Concurrent;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Embedded;

/// <summary>The streams of one name. A stream exists in memory as long as someone is subscribed to it.</summary>
internal sealed class MemoryStreamProvider(string name, GrainEngine engine) : IStreamProvider
{
    private readonly ConcurrentDictionary<(StreamId Id, Type Item), object> _hubs = new();
    private long _lastHandle;

    public string Name => name;

    public bool IsRewindable => false;

    public GrainEngine Engine => engine;

    public IAsyncStream<T> GetStream<T>(StreamId streamId) => new MemoryStream<T>(this, streamId);

    public StreamHub<T>? FindHub<T>(StreamId id) => _hubs.TryGetValue((id, typeof(T)), out var hub) ? (StreamHub<T>)hub : null;

    public MemorySubscription<T> Subscribe<T>(StreamId id, IAsyncObserver<T> observer)
    {
        while (true)
        {
            var hub = (StreamHub<T>)_hubs.GetOrAdd((id, typeof(T)), static _ => new StreamHub<T>());
            var number = Interlocked.Increment(ref _lastHandle);
            var subscription = new MemorySubscription<T>(this, id, observer, HandleId(number));
            if (hub.TryAdd(subscription)) return subscription;

            // Its last subscriber has just left it: that one is about to take it out.
            _hubs.TryRemove(new((id, typeof(T)), hub));
        }
    }

    public void Unsubscribe<T>(MemorySubscription<T> subscription)
    {
        if (FindHub<T>(subscription.StreamId) is { } hub && hub.Remove(subscription)) _hubs.TryRemove(new((subscription.StreamId, typeof(T)), hub));
    }

    // Unique in this process, which is as long as a subscription lives.
    private static Guid HandleId(long number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, number);
        return new Guid(bytes);
    }
}

/// <summary>The subscribers of one stream and the numbers of its items.</summary>
internal sealed class StreamHub<T>
{
    private readonly Lock _gate = new();
    private MemorySubscription<T>[] _subscribers = [];
    private long _lastNumber;
    private bool _closed;

    public MemorySubscription<T>[] Subscribers => Volatile.Read(ref _subscribers);

    public bool TryAdd(MemorySubscription<T> subscription)
    {
        lock (_gate)
        {
            if (_closed) return false;
            _subscribers = [.. _subscribers, subscription];
            return true;
        }
    }

    /// <summary>True when the last one has left: the hub is closed and takes no new ones.</summary>
    public bool Remove(MemorySubscription<T> subscription)
    {
        lock (_gate)
        {
            _subscribers = [.. _subscribers.Where(s => !ReferenceEquals(s, subscription))];
            return _closed = _subscribers.Length == 0;
        }
    }

    /// <summary>Under one lock, so that every subscriber sees one order.</summary>
    public List<Task> Publish(T item)
    {
        var full = new List<Task>();
        lock (_gate)
        {
            var token = new MemoryStreamToken(++_lastNumber);
            foreach (var subscriber in _subscribers)
            {
                if (subscriber.Offer(item, token) is { } room) full.Add(room);
            }
        }

        return full;
    }
}

internal sealed class MemoryStreamToken(long number) : StreamSequenceToken
{
    public override long SequenceNumber { get; protected set; } = number;

    public override int EventIndex { get; protected set; }

    public override bool Equals(StreamSequenceToken? other) => other?.SequenceNumber == SequenceNumber;

    public override int CompareTo(StreamSequenceToken? other) => SequenceNumber.CompareTo(other?.SequenceNumber ?? long.MinValue);
}
