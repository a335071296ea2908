namespace OrleansLlm.Grains.Limits;

/// <summary>
/// At most <see cref="Limit"/> units in any <see cref="Length"/>, wherever that begins. A window and not a token bucket: a bucket of N that
/// refills in a minute lets 2 N through in one (docs/adr/0009-exact-limits.md). What is taken comes back after the length and up to a
/// 240th of it, because what was taken close together is remembered as one: the memory does not grow with the limit.
/// </summary>
/// <param name="limit">Units in any <paramref name="length"/>.</param>
/// <param name="length">Null: a minute.</param>
internal sealed class SlidingWindow(long limit, TimeSpan? length = null)
{
    private const int Slices = 240;

    private readonly Queue<Slice> _taken = new();
    private readonly long _slice = Math.Max((length ?? TimeSpan.FromMinutes(1)).Ticks / Slices, 1);
    private Slice? _newest;
    private long _used;

    /// <summary>May change at any time; a lower one takes nothing back.</summary>
    public long Limit { get; set; } = limit;

    public TimeSpan Length { get; } = length ?? TimeSpan.FromMinutes(1);

    public long Used(TimeSpan now)
    {
        Forget(now);
        return _used;
    }

    /// <summary>Never negative, also where more was charged than the limit.</summary>
    public long Remaining(TimeSpan now) => Math.Max(Limit - Used(now), 0);

    public bool Fits(long amount, TimeSpan now) => Used(now) + amount <= Limit;

    /// <summary>Takes the amount if all of it fits; a refusal takes nothing.</summary>
    public bool TryTake(long amount, TimeSpan now)
    {
        if (!Fits(amount, now)) return false;
        Charge(amount, now);
        return true;
    }

    /// <summary>Counts what has happened whether it fits or not; nothing more fits until it has left.</summary>
    /// <param name="now">Never earlier than in the call before.</param>
    public void Charge(long amount, TimeSpan now)
    {
        Forget(now);
        if (amount <= 0) return;
        _used += amount;
        var number = now.Ticks / _slice;
        if (_newest is { } newest && newest.Number >= number) newest.Amount += amount;
        else _taken.Enqueue(_newest = new Slice(number) { Amount = amount });
    }

    /// <summary>Gives back of what was taken at that time.</summary>
    /// <returns>How much of it was still counted, and is not any more.</returns>
    public long Refund(long amount, TimeSpan takenAt, TimeSpan now)
    {
        Forget(now);
        if (SliceOf(takenAt) is not { } slice) return 0;
        var back = Math.Clamp(amount, 0, slice.Amount);
        slice.Amount -= back;
        _used -= back;
        return back;
    }

    /// <summary>How long until the amount fits if nothing else is taken; null: never, it is more than the limit.</summary>
    public TimeSpan? FitsIn(long amount, TimeSpan now)
    {
        if (Fits(amount, now)) return TimeSpan.Zero;
        if (amount > Limit) return null;
        var over = _used + amount - Limit;
        foreach (var slice in _taken)
        {
            over -= slice.Amount;
            if (over <= 0) return EndOf(slice) - now;
        }

        return null;
    }

    /// <summary>How long until nothing is counted any more.</summary>
    public TimeSpan EmptyIn(TimeSpan now) => Used(now) == 0 ? TimeSpan.Zero : EndOf(_newest!) - now;

    /// <summary>What is counted, the oldest first: age in milliseconds, amount, age, amount … An age is rounded down, which counts longer.</summary>
    public List<long> Ages(TimeSpan now)
    {
        Forget(now);
        var ages = new List<long>(_taken.Count * 2);
        foreach (var slice in _taken.Where(s => s.Amount > 0)) ages.AddRange([(long)Math.Max((Length - (EndOf(slice) - now)).TotalMilliseconds, 0), slice.Amount]);
        return ages;
    }

    /// <summary>That of a short request is the newest; the others are found one after the other.</summary>
    private Slice? SliceOf(TimeSpan takenAt)
    {
        var number = takenAt.Ticks / _slice;
        if (_newest?.Number == number) return _newest;
        foreach (var slice in _taken)
        {
            if (slice.Number == number) return slice;
        }

        return null;
    }

    private TimeSpan EndOf(Slice slice) => new TimeSpan((slice.Number + 1) * _slice) + Length;

    private void Forget(TimeSpan now)
    {
        while (_taken.TryPeek(out var oldest) && EndOf(oldest) <= now)
        {
            _used -= oldest.Amount;
            _taken.Dequeue();
        }

        if (_taken.Count == 0) _newest = null;
    }

    private sealed class Slice(long number)
    {
        public long Number => number;

        public long Amount { get; set; }
    }
}
