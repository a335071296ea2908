namespace OrleansLlm.Grains.Caching;

/// <summary>
/// Who reads a shared inference, in the order in which they came: it goes on as long as there is one, and one of them pays. Time is counted in
/// ticks, so that a process that stood still has missed one and not many.
/// </summary>
internal sealed class SharedReaders
{
    /// <summary>A reader that has not been heard for so many ticks is dead.</summary>
    public const int MaxQuietTicks = 4;

    /// <summary>More at once are sent away: each has an event log to follow.</summary>
    public const int Most = 4096;

    private readonly List<Reader> _present = [];
    private readonly Dictionary<string, bool> _left = new(StringComparer.Ordinal);
    private string? _payer;

    public int Count => _present.Count;

    public bool Ended { get; private set; }

    /// <summary>All have left before the end: nobody may come back.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Idempotent.</summary>
    /// <returns>False: it has left already, or nobody is let in any more.</returns>
    public bool Join(string reader)
    {
        if (IsAbandoned || _left.ContainsKey(reader)) return false;
        if (Hear(reader)) return true;
        if (_present.Count >= Most) return false;
        _present.Add(new Reader(reader));
        return true;
    }

    /// <summary>One that was taken for dead by mistake is let in again, at the end of the line.</summary>
    public bool Stay(string reader) => Join(reader);

    /// <summary>Idempotent, and also before it has come.</summary>
    /// <returns>Whether the tokens are its to pay.</returns>
    public bool Leave(string reader)
    {
        if (_left.TryGetValue(reader, out var paid)) return paid;
        _present.RemoveAll(r => r.Id == reader);
        var pays = Ended ? _payer == reader : _present.Count == 0 && !IsAbandoned;
        if (_left.Count < 2 * Most) _left[reader] = pays;
        Abandon();
        return pays;
    }

    /// <summary>Takes those who have been silent for too long for dead.</summary>
    /// <returns>These.</returns>
    public IReadOnlyList<string> Tick()
    {
        foreach (var reader in _present) reader.QuietTicks++;
        List<string> dead = [.. _present.Where(r => r.QuietTicks > MaxQuietTicks).Select(r => r.Id)];
        _present.RemoveAll(r => r.QuietTicks > MaxQuietTicks);
        Abandon();
        return dead;
    }

    /// <summary>The inference is over: whoever has been there longest pays.</summary>
    public void End()
    {
        if (Ended) return;
        Ended = true;
        _payer = _present.Count == 0 ? null : _present[0].Id;
    }

    private bool Hear(string reader)
    {
        foreach (var known in _present)
        {
            if (known.Id != reader) continue;
            known.QuietTicks = 0;
            return true;
        }

        return false;
    }

    private void Abandon() => IsAbandoned |= !Ended && _present.Count == 0;

    private sealed class Reader(string id)
    {
        public string Id => id;

        public int QuietTicks { get; set; }
    }
}
