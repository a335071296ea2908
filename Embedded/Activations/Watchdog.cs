namespace Orleans.Embedded;

/// <summary>
/// Response timeouts and idle enumerations without a timer for each: activations in use are looked at once in a while, and
/// the one timer behind it is armed only as long as there is something to look at.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(10);
    private readonly GrainEngine _engine;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private List<Watched> _watched = [];
    private TimeSpan _tick = LongestTick;
    private bool _armed;
    private bool _disposed;

    public Watchdog(GrainEngine engine)
    {
        _engine = engine;
        _timer = engine.Time.CreateTimer(static state => ((Watchdog)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A timeout is noticed at most a quarter of itself too late.</summary>
    public void Notice(TimeSpan timeout)
    {
        var wanted = timeout / 4;
        if (wanted >= _tick) return;
        lock (_gate) _tick = wanted < ShortestTick ? ShortestTick : wanted;
    }

    public Watched Add(Activation activation)
    {
        var watched = new Watched { Activation = activation };
        lock (_gate)
        {
            _watched.Add(watched);
            if (_armed || _disposed) return watched;
            _armed = true;
            _timer.Change(_tick, Timeout.InfiniteTimeSpan);
        }

        return watched;
    }

    public void Dispose()
    {
        lock (_gate) _disposed = true;
        _timer.Dispose();
    }

    private void Look()
    {
        List<Watched> looked;
        lock (_gate)
        {
            looked = _watched;
            _watched = [];
        }

        var now = _engine.Now;
        var late = new List<ICall>();
        var stale = new List<IEnumeration>();
        looked.RemoveAll(watched => watched.Activation?.Inspect(now, late, stale) is not true);
        foreach (var call in late) call.Fail(TimeoutOf(call));
        foreach (var enumeration in stale) enumeration.Abort("its reader was idle for longer than the response timeout");
        Relay.Rescue();

        lock (_gate)
        {
            _watched.AddRange(looked);
            _armed = _watched.Count > 0 && !_disposed;
            if (_armed) _timer.Change(_tick, Timeout.InfiniteTimeSpan);
        }
    }

    private TimeoutException TimeoutOf(ICall call) => new(
        $"Response did not arrive on time in {_engine.TimeoutOf(call.Method)} for {call.Method.Name} on {call.Target?.GrainId}.");
}

/// <summary>
/// An activation in use. Most live for less than a tick: with its end it is taken out of here, so that the list, which is not searched for it,
/// does not keep it in memory until the next look.
/// </summary>
internal sealed class Watched
{
    public Activation? Activation { get; set; }
}
