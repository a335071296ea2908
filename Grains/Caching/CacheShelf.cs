namespace OrleansLlm.Grains.Caching;

/// <summary>
/// The books of all answers that this process keeps in memory, by bytes and last use: which have to go when it is full. The answers themselves
/// are in their grains.
/// </summary>
internal sealed class CacheShelf
{
    /// <summary>What an activation costs beside its answer, so that the bound holds for many tiny ones as well.</summary>
    public const long EntryOverhead = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);

    /// <summary>The longest unused first.</summary>
    private readonly LinkedList<Entry> _order = [];

    public long Bytes { get; private set; }

    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    /// <returns>Those that have to go for it; null: it is larger than the shelf and was not taken.</returns>
    public IReadOnlyList<string>? Put(string key, long bytes, long maxBytes)
    {
        lock (_gate)
        {
            Take(key);
            bytes += EntryOverhead;
            if (bytes > maxBytes) return null;
            List<string> victims = [];
            while (Bytes + bytes > maxBytes)
            {
                var victim = _order.First!.Value.Key;
                Take(victim);
                victims.Add(victim);
            }

            _entries[key] = _order.AddLast(new Entry(key, bytes));
            Bytes += bytes;
            return victims;
        }
    }

    public void Touch(string key)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry)) return;
            _order.Remove(entry);
            _order.AddLast(entry);
        }
    }

    /// <returns>False: it was not there.</returns>
    public bool Remove(string key)
    {
        lock (_gate) return Take(key);
    }

    public bool Has(string key)
    {
        lock (_gate) return _entries.ContainsKey(key);
    }

    private bool Take(string key)
    {
        if (!_entries.Remove(key, out var entry)) return false;
        _order.Remove(entry);
        Bytes -= entry.Value.Bytes;
        return true;
    }

    private readonly record struct Entry(string Key, long Bytes);
}
