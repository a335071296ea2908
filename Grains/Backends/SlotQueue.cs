using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// The requests that wait for a slot: by priority, within a priority fairly by user, each with a deadline. Waiting raises a request's priority.
/// Pure: time is an argument, nothing is awaited. Every operation but <see cref="Forecast"/> is O(log n).
/// </summary>
internal sealed class SlotQueue
{
    private readonly Dictionary<string, Waiter> _waiting = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, PriorityLevel> _levels = [];
    private readonly Tally _users = new();
    private readonly DueHeap _deadlines = new();
    private readonly DueHeap _promotions = new();
    private long _arrivals;
    private long _grants;
    private double _shares;

    /// <summary>How long a request waits until it is treated as of the next higher priority; zero: for ever.</summary>
    public TimeSpan Ageing { get; set; }

    public int Count => _waiting.Count;

    public IEnumerable<string> Ids => _waiting.Keys;

    public Waiter? Find(string requestId) => _waiting.GetValueOrDefault(requestId);

    public int CountOf(string user) => _users[user];

    public int Users => _users.Count;

    /// <summary>Those who wait, each for the part of it that falls to this queue: over all queues they add up to the requests.</summary>
    public double Share => Math.Round(_shares, 6);

    /// <summary>Grants by which the worst-off of those who wait is behind an equal share by weight of its priority's; about 1 and less is fair. O(users).</summary>
    public double FairnessLag => _levels.Values.Select(l => l.WorstLag).DefaultIfEmpty().Max();

    /// <param name="userIsServed">The user holds a slot: of users of equal standing the others come first.</param>
    public Waiter Add(SlotRequest request, TimeSpan now, TimeSpan deadline, bool userIsServed)
    {
        Promote(now);
        var waiter = new Waiter(request, ++_arrivals, now, deadline);
        _waiting.Add(request.RequestId, waiter);
        _users.Add(waiter.User);
        _shares += 1.0 / waiter.Queues;
        _deadlines.Add(waiter, deadline);
        LevelOf(waiter).Add(waiter, userIsServed ? _grants : 0);
        if (waiter.Level > 0 && Ageing > TimeSpan.Zero) _promotions.Add(waiter, now + Ageing);
        return waiter;
    }

    /// <summary>Takes out the request whose turn it is, at its user's expense; null when nobody waits.</summary>
    /// <inheritdoc cref="PriorityLevel.Next" path="/param"/>
    public Waiter? Serve(IReadOnlyCollection<string> loaded, TimeSpan patience, TimeSpan now)
    {
        Promote(now);
        foreach (var level in _levels.Values)
        {
            if (level.Count == 0) continue;
            var next = level.Next(loaded, patience, now);
            level.Serve(next, ++_grants);
            Forget(next);
            return next;
        }

        return null;
    }

    /// <summary>A slot was given past the queue, which was empty: remembered for who is served first of users of equal standing.</summary>
    public void ServedDirectly() => _grants++;

    public Waiter? Remove(string requestId)
    {
        if (!_waiting.TryGetValue(requestId, out var waiter)) return null;
        LevelOf(waiter).Remove(waiter);
        Forget(waiter);
        return waiter;
    }

    /// <summary>Takes one request out whose deadline has passed; null when there is none.</summary>
    public Waiter? RemoveOverdue(TimeSpan now) => _deadlines.TakeDue(now) is { } overdue ? Remove(overdue.RequestId) : null;

    /// <summary>
    /// Whose place a newcomer may have in a full queue: the last of the user with the most requests there, if that user keeps more than the
    /// newcomer's gets and the request is of no higher priority. Null: the newcomer is the one to refuse.
    /// </summary>
    public Waiter? WorthLessThan(SlotRequest newcomer)
    {
        if (_users.Most is not { } most || _users[most] <= _users[newcomer.User] + 1) return null;
        foreach (var level in _levels.Values.Reverse())
        {
            if (level.Find(most) is { } flow) return flow.Newest.Level >= newcomer.Priority ? flow.Newest : null;
        }

        return null;
    }

    /// <summary>When <see cref="RemoveOverdue"/> will next have something to do.</summary>
    public TimeSpan? NextDue => _deadlines.Next;

    /// <summary>About how many are served up to and with this request's turn, if it is its user's last of its priority.</summary>
    public int PositionOf(Waiter waiter)
    {
        var level = LevelOf(waiter);
        var flow = level.Find(waiter.User)!;
        return Above(waiter.Level) + level.ServedWith(flow, flow.Count);
    }

    /// <summary>About how many are served up to and with the next request of this one's user: when that user has one place more.</summary>
    public int PositionOfUsersNext(SlotRequest request)
    {
        foreach (var (priority, level) in _levels)
        {
            if (level.Find(request.User) is { } flow) return Above(priority) + level.ServedWith(flow, 1);
        }

        return 1;
    }

    /// <summary>About how many would be served up to and with this request, if it came now.</summary>
    public int PositionOfNewcomer(SlotRequest request)
    {
        var waiter = Add(request, TimeSpan.Zero, TimeSpan.MaxValue, userIsServed: false);
        var position = PositionOf(waiter);
        Remove(request.RequestId);
        return position;
    }

    /// <summary>
    /// A position with every request counted for as much of it as this queue will serve: one that waits in four queues is a quarter of one.
    /// </summary>
    public double Weigh(int position, int queues)
    {
        var share = _waiting.Count > 0 ? _shares / _waiting.Count : 1;
        return (position - 1) * Math.Min(1, share) + 1.0 / Math.Max(1, queues);
    }

    /// <summary>In the order in which they will be served, if nobody comes, leaves or ages and every model is loaded. O(n log n).</summary>
    public IEnumerable<Waiter> Forecast(TimeSpan now)
    {
        Promote(now);
        return _levels.Values.SelectMany(l => l.Forecast());
    }

    private int Above(int level)
    {
        if (_levels.Count == 1) return 0;
        var sum = 0;
        foreach (var (priority, requests) in _levels)
        {
            if (priority >= level) break;
            sum += requests.Count;
        }

        return sum;
    }

    private void Promote(TimeSpan now)
    {
        while (_promotions.Next is { } due && _promotions.TakeDue(now) is { } waiter)
        {
            LevelOf(waiter).Remove(waiter);
            waiter.Level--;
            LevelOf(waiter).Add(waiter, lastGrant: 0);
            if (waiter.Level > 0) _promotions.Add(waiter, due + Ageing);
        }
    }

    private PriorityLevel LevelOf(Waiter waiter)
    {
        if (!_levels.TryGetValue(waiter.Level, out var level)) _levels.Add(waiter.Level, level = new PriorityLevel());
        return level;
    }

    private void Forget(Waiter waiter)
    {
        _waiting.Remove(waiter.RequestId);
        _users.Remove(waiter.User);
        _shares = _waiting.Count == 0 ? 0 : _shares - 1.0 / waiter.Queues;
        waiter.Gone = true;
        _deadlines.Trim(_waiting.Count);
        _promotions.Trim(_waiting.Count);
    }
}
