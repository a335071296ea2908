using OrleansLlm.Limits;

namespace OrleansLlm.Grains.Limits;

/// <summary>
/// A sliding window whose use the store knows of ahead. What is stored is an upper bound, a block above what was taken at the time; while
/// takings stay under it, nothing has to be written, and a crash forgets none: whoever comes next counts all of the bound.
/// </summary>
internal sealed class CountedWindow(long limit)
{
    private const int BlocksInLimit = 10;
    private const int LeastBlock = 5;

    private readonly SlidingWindow _window = new(limit);
    private long _taken;
    private long _covered;

    public long Limit
    {
        get => _window.Limit;
        set => _window.Limit = value;
    }

    /// <summary>How far the store is ahead after a write; what a crash can cost the caller at most.</summary>
    public long Block => Math.Max(Math.Min(Limit, LeastBlock), Limit / BlocksInLimit);

    /// <summary>A crash now would forget nothing.</summary>
    public bool IsCovered => _taken <= _covered;

    /// <summary>Time to write, so that nobody will have to wait for it.</summary>
    public bool IsLow => _covered - _taken < (Block + 1) / 2;

    public long Used(TimeSpan now) => _window.Used(now);

    public bool Fits(long amount, TimeSpan now) => _window.Fits(amount, now);

    public TimeSpan? FitsIn(long amount, TimeSpan now) => _window.FitsIn(amount, now);

    public TimeSpan EmptyIn(TimeSpan now) => _window.EmptyIn(now);

    public WindowStanding Standing(TimeSpan now) => new(Limit, _window.Remaining(now), _window.EmptyIn(now));

    public void Charge(long amount, TimeSpan now)
    {
        _window.Charge(amount, now);
        _taken += amount;
    }

    /// <summary>Only what was still counted is given back, so that the bound in the store holds.</summary>
    public void Refund(long amount, TimeSpan takenAt, TimeSpan now) => _taken -= _window.Refund(amount, takenAt, now);

    /// <summary>The bound to be stored now, and what it will cover once it is.</summary>
    public (long AtMost, long Covers) Ahead(TimeSpan now)
    {
        var covers = _taken + Block;
        // After refunds it may be less than before, and it may arrive at any moment from now.
        _covered = Math.Min(_covered, covers);
        return (_window.Used(now) + Block, covers);
    }

    public void Stored(long covers) => _covered = covers;

    /// <summary>What an earlier memory has counted and the store knows of already.</summary>
    public void Restore(long amount, TimeSpan at) => _window.Charge(amount, at);

    public List<long> Ages(TimeSpan now) => _window.Ages(now);
}
