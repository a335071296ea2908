namespace OrleansLlm.Grains.Backends;

/// <summary>
/// What was used in the last 60 s, in steps of one second: an amount counts for 60 to 61 s, so that a limit on the sum holds for any 60 s.
/// Pure, and of one size whatever passes through it.
/// </summary>
internal sealed class LastMinute
{
    /// <summary>Sixty whole seconds and the one that has begun.</summary>
    private const int Steps = 61;

    private readonly double[] _used = new double[Steps];
    private long _second;

    public double Sum { get; private set; }

    /// <summary>Lets time pass.</summary>
    public void Advance(TimeSpan now)
    {
        var second = SecondOf(now);
        if (second - _second >= Steps)
        {
            Array.Clear(_used);
            Sum = 0;
        }
        else
        {
            for (var s = _second + 1; s <= second; s++)
            {
                Sum -= _used[s % Steps];
                _used[s % Steps] = 0;
            }
        }

        _second = Math.Max(_second, second);
    }

    public void Add(double amount, TimeSpan now)
    {
        Advance(now);
        _used[_second % Steps] += amount;
        Sum += amount;
    }

    /// <summary>Takes back what was added at a moment, unless that moment has left the minute by itself.</summary>
    public void TakeBack(double amount, TimeSpan addedAt, TimeSpan now)
    {
        Advance(now);
        var second = SecondOf(addedAt);
        if (_second - second >= Steps) return;
        _used[second % Steps] -= amount;
        Sum -= amount;
    }

    /// <summary>Time until so much more fits under a limit; zero: it fits now. An amount above the limit fits once nothing else is used.</summary>
    public TimeSpan Until(double amount, double limit, TimeSpan now)
    {
        Advance(now);
        var left = Sum;
        if (left + amount <= limit || left <= 0) return TimeSpan.Zero;
        for (var second = _second - Steps + 1; second <= _second; second++)
        {
            left -= second < 0 ? 0 : _used[second % Steps];
            if (left + amount <= limit || second == _second) return TimeSpan.FromSeconds(second + Steps) - now;
        }

        return TimeSpan.Zero;
    }

    private static long SecondOf(TimeSpan time) => time.Ticks / TimeSpan.TicksPerSecond;
}
