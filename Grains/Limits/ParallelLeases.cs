namespace OrleansLlm.Grains.Limits;

/// <summary>
/// How many run at the same time. Each holds a lease that it renews; one that has not been heard of for its duration is gone, however it
/// went, so that the count always finds back to the truth.
/// </summary>
internal sealed class ParallelLeases(TimeSpan duration)
{
    private readonly Dictionary<string, TimeSpan> _held = new(StringComparer.Ordinal);
    private TimeSpan _nextEnd = TimeSpan.MaxValue;
    private TimeSpan _presumedUntil;
    private int _presumed;

    public TimeSpan Duration => duration;

    public IReadOnlyCollection<string> Holders => _held.Keys;

    public bool IsHeld(string id) => _held.ContainsKey(id);

    /// <summary>Those who are known to run, and those who are presumed to.</summary>
    public int Count(TimeSpan now)
    {
        Expire(now);
        return _held.Count + _presumed;
    }

    public int Known(TimeSpan now)
    {
        Expire(now);
        return _held.Count;
    }

    public void Take(string id, TimeSpan now) => Hold(id, now + duration);

    /// <summary>Still running; whoever is not known was here before this memory began, or was silent for too long.</summary>
    public void Renew(string id, TimeSpan now)
    {
        Expire(now);
        if (!_held.ContainsKey(id) && _presumed > 0) _presumed--;
        Hold(id, now + duration);
    }

    /// <returns>False when it was not known.</returns>
    public bool Release(string id, TimeSpan now)
    {
        Expire(now);
        if (_held.Remove(id)) return true;
        if (_presumed > 0) _presumed--;
        return false;
    }

    /// <summary>So many may run of whom nothing is known: they make themselves known within the duration of a lease, or are gone.</summary>
    public void Presume(int count, TimeSpan now)
    {
        _presumed = count;
        _presumedUntil = now + duration;
    }

    private void Hold(string id, TimeSpan until)
    {
        _held[id] = until;
        if (until < _nextEnd) _nextEnd = until;
    }

    private void Expire(TimeSpan now)
    {
        if (now >= _presumedUntil) _presumed = 0;
        if (now < _nextEnd) return;
        _nextEnd = TimeSpan.MaxValue;
        foreach (var (id, until) in _held)
        {
            if (until <= now) _held.Remove(id);
            else if (until < _nextEnd) _nextEnd = until;
        }
    }
}
