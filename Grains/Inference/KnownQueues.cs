using System.Collections.Concurrent;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// The backends before which others were seen waiting a moment ago. They are not asked first whether a slot is free: a request that comes to
/// wait gets one as well, and with a thousand users before ten backends that is every third call.
/// </summary>
internal sealed class KnownQueues(TimeProvider time)
{
    /// <summary>What is out of date costs a request its choice between warm and cold backends, no more.</summary>
    internal static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    /// <summary>More backends than one process is likely to know; those that are left out are asked.</summary>
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, long> _seen = new(StringComparer.Ordinal);

    public void Saw(string backend)
    {
        if (!_seen.ContainsKey(backend) && _seen.Count >= Most) _seen.Clear();
        _seen[backend] = time.GetTimestamp();
    }

    public bool Has(string backend) => _seen.TryGetValue(backend, out var at) && time.GetElapsedTime(at) < Moment;
}
