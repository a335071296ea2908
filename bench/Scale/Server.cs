namespace OrleansLlm.Bench.Scale;

/// <summary>Some cores, or one grain: whoever comes first is served first. Times in microseconds.</summary>
internal sealed class Server(int count)
{
    private readonly double[] _freeAt = new double[count];

    /// <summary>All that was asked of it.</summary>
    public double Demand { get; private set; }

    /// <summary>How long it would take to be done with what it has.</summary>
    public double BacklogAt(double now) => Math.Max(0, _freeAt.Min() - now);

    /// <returns>How long it takes, the wait included.</returns>
    public double Serve(double now, double demand)
    {
        Demand += demand;
        var first = 0;
        for (var i = 1; i < _freeAt.Length; i++)
        {
            if (_freeAt[i] < _freeAt[first]) first = i;
        }

        var done = Math.Max(now, _freeAt[first]) + demand;
        _freeAt[first] = done;
        return done - now;
    }
}

/// <summary>Durations, counted in steps of two per cent.</summary>
internal sealed class Delays
{
    private const double Step = 1.02;

    private readonly long[] _counts = new long[1500];
    private long _total;

    public void Add(double microseconds)
    {
        _counts[microseconds <= 1 ? 0 : Math.Min(_counts.Length - 1, (int)(Math.Log(microseconds) / Math.Log(Step)))]++;
        _total++;
    }

    /// <returns>In milliseconds.</returns>
    public double At(double part)
    {
        var left = (long)(_total * part);
        for (var i = 0; i < _counts.Length; i++)
        {
            left -= _counts[i];
            if (left < 0) return Math.Pow(Step, i) / 1000;
        }

        return 0;
    }
}
