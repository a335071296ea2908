namespace OrleansLlm.Grains.Backends;

/// <summary>
/// Leases and the requests that wait for one: first in, first out, with a deadline each. Pure: time is an argument, nothing is awaited.
/// How many leases may be out at a moment is the caller's to say (<see cref="BackendRules"/>); that nobody is overtaken, lost or granted
/// twice is decided here.
/// </summary>
internal sealed class SlotQueue
{
    private readonly Dictionary<string, LinkedListNode<Lease>> _leases = new(StringComparer.Ordinal);
    private readonly LinkedList<Lease> _byExpiry = new();
    private readonly Dictionary<string, LinkedListNode<Waiter>> _waiting = new(StringComparer.Ordinal);
    private readonly LinkedList<Waiter> _order = new();
    private readonly PriorityQueue<Waiter, TimeSpan> _deadlines = new();

    public int Running => _leases.Count;

    public int Waiting => _waiting.Count;

    /// <summary>In the order in which they will be served.</summary>
    public IEnumerable<string> WaitingIds => _order.Select(w => w.RequestId);

    public IEnumerable<string> LeaseIds => _leases.Keys;

    public bool Holds(string requestId) => _leases.ContainsKey(requestId);

    public bool Waits(string requestId) => _waiting.ContainsKey(requestId);

    public void Grant(string requestId, TimeSpan now, TimeSpan lease)
    {
        var node = new LinkedListNode<Lease>(new Lease(requestId, now, now + lease));
        _leases.Add(requestId, node);
        InsertByExpiry(node);
    }

    public bool Renew(string requestId, TimeSpan now, TimeSpan lease)
    {
        if (!_leases.TryGetValue(requestId, out var node)) return false;
        _byExpiry.Remove(node);
        node.Value = node.Value with { Expires = now + lease };
        InsertByExpiry(node);
        return true;
    }

    public void Enqueue(string requestId, TimeSpan deadline)
    {
        var waiter = new Waiter(requestId, deadline);
        _waiting.Add(requestId, _order.AddLast(waiter));
        _deadlines.Enqueue(waiter, deadline);
    }

    /// <summary>The first waiting request gets a lease.</summary>
    public string GrantNext(TimeSpan now, TimeSpan lease)
    {
        var first = _order.First ?? throw new InvalidOperationException("Nobody waits.");
        Unlink(first);
        Grant(first.Value.RequestId, now, lease);
        return first.Value.RequestId;
    }

    /// <summary>Frees the lease of a request and says how long it was held; null when it holds none.</summary>
    public TimeSpan? Free(string requestId, TimeSpan now)
    {
        if (!_leases.Remove(requestId, out var node)) return null;
        _byExpiry.Remove(node);
        return now - node.Value.Since;
    }

    public bool Withdraw(string requestId)
    {
        if (!_waiting.TryGetValue(requestId, out var node)) return false;
        Unlink(node);
        return true;
    }

    /// <summary>Takes back one lease whose holder has not been heard of in time; null when there is none.</summary>
    public string? TakeBackExpired(TimeSpan now)
    {
        if (_byExpiry.First is not { } first || first.Value.Expires > now) return null;
        Free(first.Value.RequestId, now);
        return first.Value.RequestId;
    }

    /// <summary>Takes one request out whose deadline has passed; null when there is none.</summary>
    public string? WithdrawOverdue(TimeSpan now)
    {
        DropStaleDeadlines();
        if (!_deadlines.TryPeek(out var waiter, out var deadline) || deadline > now) return null;
        Unlink(_waiting[waiter.RequestId]);
        return waiter.RequestId;
    }

    /// <summary>When <see cref="TakeBackExpired"/> or <see cref="WithdrawOverdue"/> will next have something to do.</summary>
    public TimeSpan? NextDue()
    {
        DropStaleDeadlines();
        TimeSpan? deadline = _deadlines.TryPeek(out _, out var due) ? due : null;
        TimeSpan? expiry = _byExpiry.First?.Value.Expires;
        return deadline is { } d && !(expiry < d) ? d : expiry;
    }

    /// <summary>Nearly always an append: leases last equally long unless the configuration has just changed.</summary>
    private void InsertByExpiry(LinkedListNode<Lease> node)
    {
        var before = _byExpiry.Last;
        while (before is not null && before.Value.Expires > node.Value.Expires) before = before.Previous;
        if (before is null) _byExpiry.AddFirst(node);
        else _byExpiry.AddAfter(before, node);
    }

    private void Unlink(LinkedListNode<Waiter> node)
    {
        _order.Remove(node);
        _waiting.Remove(node.Value.RequestId);
        node.Value.Gone = true;
        // Entries of requests that were served stay in the heap until their time; a queue of long deadlines is rebuilt before it grows.
        if (_deadlines.Count > 64 && _deadlines.Count > 2 * _waiting.Count) RebuildDeadlines();
    }

    private void RebuildDeadlines()
    {
        _deadlines.Clear();
        foreach (var waiter in _order) _deadlines.Enqueue(waiter, waiter.Deadline);
    }

    private void DropStaleDeadlines()
    {
        while (_deadlines.TryPeek(out var waiter, out _) && waiter.Gone) _deadlines.Dequeue();
    }

    private readonly record struct Lease(string RequestId, TimeSpan Since, TimeSpan Expires);

    private sealed class Waiter(string requestId, TimeSpan deadline)
    {
        public string RequestId { get; } = requestId;

        public TimeSpan Deadline { get; } = deadline;

        public bool Gone { get; set; }
    }
}
