namespace OrleansLlm.Grains.Limits;

/// <summary>
/// How many run at the same time. Each holds a lease that it renews; one that has not been heard of for its duration is gone, however it
/// went, so that the count always finds back to the truth.
/// </summary>
internal sealed class ParallelLeases(TimeSpan duration)
{
    /// <summary>How many of those who have gone are remembered: a renewal may arrive after the end.</summary>
    private const int MaxGone = 1024;

    private readonly Dictionary<string, TimeSpan> _held = new(StringComparer.Ordinal);
    private readonly HashSet<string> _gone = new(StringComparer.Ordinal);
    private readonly Queue<string> _goneInOrder = new();
    private TimeSpan _nextEnd = TimeSpan.MaxValue;
    private TimeSpan _presumedUntil;
    private int _presumed;

    public TimeSpan Duration => duration;

    public IReadOnlyCollection<string> Holders => _held.Keys;

    public bool IsHeld(string id) => _held.ContainsKey(id);

    /// <summary>It was released; the last thousand are remembered.</summary>
    public bool HasGone(string id) => _gone.Contains(id);

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

    /// <summary>Those who are presumed to run and have not made themselves known.</summary>
    public int Presumed(TimeSpan now)
    {
        Expire(now);
        return _presumed;
    }

    public void Take(string id, TimeSpan now)
    {
        _gone.Remove(id);
        Hold(id, now + duration);
    }

    /// <summary>Still running; whoever is not known was here before this memory began, or was silent for too long.</summary>
    public void Renew(string id, TimeSpan now)
    {
        Expire(now);
        if (_gone.Contains(id)) return;
        if (!_held.ContainsKey(id) && _presumed > 0) _presumed--;
        Hold(id, now + duration);
    }

    /// <returns>False when it was not known.</returns>
    public bool Release(string id, TimeSpan now)
    {
        // Whether an unknown one is among the presumed cannot be told, and it may be released twice: they stay as many.
        Expire(now);
        if (_gone.Add(id)) _goneInOrder.Enqueue(id);
        if (_goneInOrder.Count > MaxGone) _gone.Remove(_goneInOrder.Dequeue());
        return _held.Remove(id);
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
