namespace OrleansLlm.Grains.Backends;

/// <summary>Waiting requests by a time at which something is due for them. Those that have left the queue are dropped when they come up.</summary>
internal sealed class DueHeap
{
    private const int WorthRebuilding = 64;

    private readonly PriorityQueue<Waiter, TimeSpan> _heap = new();

    /// <summary>The earliest time; null when nothing is due ever.</summary>
    public TimeSpan? Next
    {
        get
        {
            while (_heap.TryPeek(out var waiter, out var due))
            {
                if (!waiter.Gone) return due;
                _heap.Dequeue();
            }

            return null;
        }
    }

    public void Add(Waiter waiter, TimeSpan due) => _heap.Enqueue(waiter, due);

    /// <summary>Takes one that is due out; null when there is none.</summary>
    public Waiter? TakeDue(TimeSpan now) => Next <= now ? _heap.Dequeue() : null;

    /// <summary>Entries of requests that were served stay until their time; a heap of distant times is rebuilt before they outweigh the rest.</summary>
    public void Trim(int waiting)
    {
        if (_heap.Count <= WorthRebuilding || _heap.Count <= 2 * waiting) return;
        var alive = _heap.UnorderedItems.Where(i => !i.Element.Gone).ToList();
        _heap.Clear();
        _heap.EnqueueRange(alive);
    }
}
