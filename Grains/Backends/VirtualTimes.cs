namespace OrleansLlm.Grains.Backends;

/// <summary>
/// Users who have left a queue with more than their share served: if they come back soon they go on from there. Forgotten when the others have
/// caught up; bounded: those who are least ahead are forgotten first.
/// </summary>
internal sealed class VirtualTimes(int capacity = 4096)
{
    private readonly Dictionary<string, double> _times = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, double> _order = new();

    public void Add(string user, double time)
    {
        _times[user] = time;
        _order.Enqueue(user, time);
        if (_order.Count > capacity) ForgetNext();
    }

    public double Take(string user, double atLeast) => _times.Remove(user, out var time) ? Math.Max(time, atLeast) : atLeast;

    public void ForgetUpTo(double time)
    {
        while (_order.TryPeek(out _, out var next) && next <= time) ForgetNext();
    }

    private void ForgetNext()
    {
        // The user may have come back since and left again later.
        if (_order.TryDequeue(out var user, out var time) && _times.GetValueOrDefault(user) == time) _times.Remove(user);
    }
}
