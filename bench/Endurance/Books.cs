using System.Collections.Concurrent;

namespace OrleansLlm.Bench.Endurance;

/// <summary>What became of every request, by its clients' account.</summary>
internal sealed class Books
{
    private readonly ConcurrentDictionary<(string Door, Verdict Verdict), int> _counts = new();
    private readonly ConcurrentQueue<string> _oddities = new();
    private readonly ConcurrentDictionary<string, Asked> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Asked> _asked = new(StringComparer.Ordinal);
    private int _unnamed;

    /// <summary>Those that were told their request id, by it.</summary>
    public IReadOnlyDictionary<string, Asked> Known => _known;

    /// <summary>Those that left, or were torn, before they were told their request id: they may or may not have reached an inference.</summary>
    public int Unnamed => _unnamed;

    public IReadOnlyDictionary<(string Door, Verdict Verdict), int> Counts => _counts;

    /// <summary>The first ones of what should not be, in words.</summary>
    public IEnumerable<string> Oddities => _oddities;

    public int Of(params ReadOnlySpan<Verdict> verdicts)
    {
        var sum = 0;
        foreach (var verdict in verdicts) sum += _counts.Where(c => c.Key.Verdict == verdict).Sum(c => c.Value);
        return sum;
    }

    /// <summary>Null: it has not ended, or is not known.</summary>
    public Asked? OfMarker(string marker) => _asked.GetValueOrDefault(marker);

    public void Note(Door door, Asked asked)
    {
        _counts.AddOrUpdate((door.Name, asked.Verdict), 1, static (_, count) => count + 1);
        _asked[asked.Marker] = asked;
        if (asked.RequestId is { } id) _known[id] = asked;
        else if (asked.Verdict != Verdict.Unheard) Interlocked.Increment(ref _unnamed);
    }

    public void Odd(string what)
    {
        if (_oddities.Count < 50) _oddities.Enqueue(what);
    }
}
