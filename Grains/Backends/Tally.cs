namespace OrleansLlm.Grains.Backends;

/// <summary>How often each name occurs; a name that does not occur takes no space.</summary>
internal sealed class Tally
{
    private static readonly Comparer<(int Count, string Name)> ByCount = Comparer<(int Count, string Name)>.Create(
        (a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : string.CompareOrdinal(a.Name, b.Name));

    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly SortedSet<(int Count, string Name)> _order = new(ByCount);

    public int Count => _counts.Count;

    public IEnumerable<string> Names => _counts.Keys;

    /// <summary>The name that occurs most often; null when there is none.</summary>
    public string? Most => _order.Count > 0 ? _order.Max.Name : null;

    public int this[string name] => _counts.GetValueOrDefault(name);

    public void Add(string name) => Change(name, 1);

    public void Remove(string name) => Change(name, -1);

    private void Change(string name, int by)
    {
        var before = this[name];
        var after = before + by;
        ArgumentOutOfRangeException.ThrowIfNegative(after, nameof(by));
        _order.Remove((before, name));
        if (after == 0)
        {
            _counts.Remove(name);
            return;
        }

        _counts[name] = after;
        _order.Add((after, name));
    }
}
