namespace OrleansLlm.Grains.Backends;

/// <summary>The requests of one user at one priority, oldest first, and the user's virtual time there.</summary>
internal sealed class Flow(long number, string user, double weight, double start, long lastGrant)
{
    /// <summary>Least virtual start first; of equal ones the user that was served longest ago, then the one that came first.</summary>
    public static readonly Comparer<Flow> ByStart = Comparer<Flow>.Create((a, b) =>
    {
        var order = a.Start.CompareTo(b.Start);
        if (order == 0) order = a.LastGrant.CompareTo(b.LastGrant);
        return order != 0 ? order : a.Number.CompareTo(b.Number);
    });

    private readonly SortedSet<Waiter> _all = new(Waiter.ByArrival);
    private readonly Dictionary<string, SortedSet<Waiter>> _byModel = new(StringComparer.Ordinal);

    public long Number => number;

    public string User => user;

    /// <summary>The user's share, relative to other users'.</summary>
    public double Weight { get; set; } = weight;

    /// <summary>Virtual time up to which the user has been served.</summary>
    public double Start { get; private set; } = start;

    /// <summary>It has been served nothing since it came.</summary>
    public bool IsFresh { get; private set; } = true;

    /// <summary>Which grant of the backend was the user's last; 0: none that is remembered.</summary>
    public long LastGrant { get; private set; } = lastGrant;

    /// <summary>The level's <see cref="PriorityLevel.Turns"/> when it came.</summary>
    public double CameAt { get; set; }

    /// <summary>Grants since it came.</summary>
    public int Got { get; private set; }

    public int Count => _all.Count;

    public Waiter Oldest => _all.Min!;

    public Waiter Newest => _all.Max!;

    public IEnumerable<Waiter> InOrder => _all;

    public IEnumerable<string> Models => _byModel.Keys;

    public Waiter OldestFor(string model) => _byModel[model].Min!;

    /// <returns>True when it is the first one for its model.</returns>
    public bool Add(Waiter waiter)
    {
        _all.Add(waiter);
        var isNew = !_byModel.TryGetValue(waiter.Model, out var same);
        if (isNew) _byModel.Add(waiter.Model, same = new SortedSet<Waiter>(Waiter.ByArrival));
        same!.Add(waiter);
        return isNew;
    }

    /// <returns>True when it was the last one for its model.</returns>
    public bool Remove(Waiter waiter)
    {
        _all.Remove(waiter);
        var same = _byModel[waiter.Model];
        same.Remove(waiter);
        return same.Count == 0 && _byModel.Remove(waiter.Model);
    }

    /// <summary>One request was granted: it is here, and not when it came, that a user pays.</summary>
    public void Charge(long grant)
    {
        Start += 1 / Weight;
        IsFresh = false;
        Got++;
        LastGrant = grant;
    }
}
