namespace OrleansLlm.Grains.Backends;

/// <summary>
/// Ids that were released before their request arrived (messages may overtake one another between silos), so that the late request
/// is turned away instead of waiting for nobody. Also any other set of ids that may forget. Bounded: the oldest is forgotten.
/// </summary>
internal sealed class Tombstones(int capacity = 1024)
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public void Add(string id)
    {
        if (!_ids.Add(id)) return;
        _order.Enqueue(id);
        if (_order.Count > capacity) _ids.Remove(_order.Dequeue());
    }

    public bool Contains(string id) => _ids.Contains(id);
}
