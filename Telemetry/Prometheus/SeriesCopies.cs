namespace OrleansLlm.Telemetry.Prometheus;

/// <summary>
/// What the series of one family were at one moment: whoever measures waits until they are copied, and not until they are put into words. Used
/// again for the next family. Not thread-safe.
/// </summary>
internal sealed class SeriesCopies
{
    private readonly List<SeriesCopy> _copies = [];
    private long[] _inBuckets = [];

    public IReadOnlyList<SeriesCopy> All => _copies;

    /// <param name="buckets">Of each of them.</param>
    public void Take(IReadOnlyCollection<Series> series, int buckets)
    {
        _copies.Clear();
        _copies.EnsureCapacity(series.Count);
        if (_inBuckets.Length < series.Count * buckets) _inBuckets = new long[series.Count * buckets];
        var room = _inBuckets.AsMemory();
        foreach (var one in series)
        {
            one.InBucket.CopyTo(room);
            _copies.Add(new SeriesCopy(one.Values, one.Value, one.Count, room[..buckets]));
            room = room[buckets..];
        }
    }
}

/// <param name="InBucket">As <see cref="Series.InBucket"/>.</param>
internal readonly record struct SeriesCopy(string[] Values, double Value, long Count, ReadOnlyMemory<long> InBucket);
