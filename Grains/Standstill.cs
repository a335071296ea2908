namespace OrleansLlm.Grains;

/// <summary>
/// Counts how often this process has stood still (a paused container, a frozen machine) for so long that others may have taken it for dead, and what it answers for is theirs.
/// Whoever asks first afterwards notes it, be it the timer or a grain that goes on as if nothing had been.
/// </summary>
internal sealed class Standstill : IDisposable
{
    /// <summary>Less than it takes to be found dead.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);

    private readonly TimeProvider _time;
    private readonly ITimer? _timer;
    private readonly Lock _gate = new();
    private long _seen;
    private DateTimeOffset _clock;
    private int _count;

    public Standstill(TimeProvider time, HostTraits host)
    {
        _time = time;
        (_seen, _clock) = (time.GetTimestamp(), time.GetUtcNow());
        if (host.HoldersOutliveBackends) _timer = time.CreateTimer(_ => _ = Count, null, Period, Period);
    }

    /// <summary>By either clock: that of a paused virtual machine stands still with it, and only the time of day goes on.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                var (now, clock) = (_time.GetTimestamp(), _time.GetUtcNow());
                if (_time.GetElapsedTime(_seen, now) > Longest || clock - _clock > Longest) _count++;
                (_seen, _clock) = (now, clock);
                return _count;
            }
        }
    }

    public void Dispose() => _timer?.Dispose();
}
