using System.Collections.Immutable;
using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// Who holds a slot and until when. Pure: time is an argument. How many leases may be out at a moment is the caller's to say
/// (<see cref="BackendRules"/>); that none is given twice or forgotten is decided here.
/// </summary>
internal sealed class LeaseBook
{
    private readonly Dictionary<string, LinkedListNode<Lease>> _leases = new(StringComparer.Ordinal);
    private readonly LinkedList<Lease> _byExpiry = new();
    private readonly Tally _users = new();
    private readonly Tally _models = new();

    public int Count => _leases.Count;

    public IEnumerable<string> Ids => _leases.Keys;

    /// <summary>The models that the holders were given their slots for.</summary>
    public IEnumerable<string> Models => _models.Names;

    public bool Holds(string requestId) => _leases.ContainsKey(requestId);

    /// <summary>Leases held by one user.</summary>
    public int HeldBy(string user) => _users[user];

    /// <param name="user">Null when it is not known, as after a recovery.</param>
    /// <param name="model">Null likewise.</param>
    /// <param name="key">Likewise, and null when none was presented.</param>
    /// <param name="first">Until the first renewal.</param>
    /// <param name="duration">From each renewal to the next: what its holder was told, whatever the configuration says later.</param>
    public void Grant(string requestId, string? user, string? model, TimeSpan now, TimeSpan first, TimeSpan duration, string? key = null)
    {
        var node = new LinkedListNode<Lease>(new Lease(requestId, user, key, model, now, now + first, duration));
        _leases.Add(requestId, node);
        InsertByExpiry(node);
        if (user is not null) _users.Add(user);
        if (model is not null) _models.Add(model);
    }

    /// <returns>The duration of the lease; null when there is none.</returns>
    public TimeSpan? Renew(string requestId, TimeSpan now)
    {
        if (!_leases.TryGetValue(requestId, out var node)) return null;
        _byExpiry.Remove(node);
        node.Value = node.Value with { Expires = now + node.Value.Duration };
        InsertByExpiry(node);
        return node.Value.Duration;
    }

    /// <summary>Frees the lease of a request and says how long it was held; null when it holds none.</summary>
    public TimeSpan? Free(string requestId, TimeSpan now)
    {
        if (!_leases.Remove(requestId, out var node)) return null;
        _byExpiry.Remove(node);
        if (node.Value.User is { } user) _users.Remove(user);
        if (node.Value.Model is { } model) _models.Remove(model);
        return now - node.Value.Since;
    }

    /// <summary>Takes back one lease whose holder has not been heard of in time; null when there is none.</summary>
    public string? TakeBackExpired(TimeSpan now)
    {
        if (_byExpiry.First is not { } first || first.Value.Expires > now) return null;
        Free(first.Value.RequestId, now);
        return first.Value.RequestId;
    }

    /// <summary>When <see cref="TakeBackExpired"/> will next have something to do.</summary>
    public TimeSpan? NextDue => _byExpiry.First?.Value.Expires;

    /// <summary>How long each of the holders has had its slot.</summary>
    public TimeSpan[] Ages(TimeSpan now)
    {
        var ages = new TimeSpan[_byExpiry.Count];
        var i = 0;
        foreach (var lease in _byExpiry) ages[i++] = now - lease.Since;
        return ages;
    }

    /// <summary>The one that runs longest first.</summary>
    public ImmutableArray<SlotHolder> Holders(int most, TimeSpan now) =>
        [.. _byExpiry.OrderBy(l => l.Since).Take(most).Select(l => new SlotHolder(l.RequestId, l.User, l.Key, l.Model, now - l.Since))];

    /// <summary>Nearly always an append: leases last equally long unless the configuration has just changed.</summary>
    private void InsertByExpiry(LinkedListNode<Lease> node)
    {
        var before = _byExpiry.Last;
        while (before is not null && before.Value.Expires > node.Value.Expires) before = before.Previous;
        if (before is null) _byExpiry.AddFirst(node);
        else _byExpiry.AddAfter(before, node);
    }

    private readonly record struct Lease(string RequestId, string? User, string? Key, string? Model, TimeSpan Since, TimeSpan Expires, TimeSpan Duration);
}
