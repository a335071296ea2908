namespace OrleansLlm.Providers.Http;

/// <summary>
/// The deadlines of one call on one timer, made once: moving a deadline later is one store, the timer finds out when it fires. When a
/// deadline passes, <see cref="Expired"/> says which and <see cref="Token"/> is cancelled.
/// </summary>
internal sealed class CallClock : IDisposable
{
    /// <summary>Longest due time of a timer is a bit under 2³² ms.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    private readonly TimeProvider _time;
    private readonly UpstreamTimeouts _limits;
    private readonly CancellationTokenSource _source;
    private readonly ITimer _timer;
    private readonly long _began;
    private readonly long _total;
    private long _deadline;
    private long _timerDue;
    private int _stage;
    private int _expired = -1;

    public CallClock(TimeProvider time, UpstreamTimeouts limits, CancellationToken caller)
    {
        _time = time;
        _limits = limits;
        _began = time.GetTimestamp();
        _total = Ticks(limits.Total);
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        _stage = (int)FailureKind.ConnectTimeout;
        _deadline = _timerDue = Math.Min(Ticks(limits.Connect), _total);
        _timer = time.CreateTimer(static state => ((CallClock)state!).Tick(), this, Due(_deadline), Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => _source.Token;

    public TimeSpan Elapsed => _time.GetElapsedTime(_began);

    /// <summary>The deadline that passed.</summary>
    public FailureKind? Expired => Volatile.Read(ref _expired) is >= 0 and var kind ? (FailureKind)kind : null;

    /// <summary>The request goes out: from now on the first token is waited for.</summary>
    public void Connected() => MoveTo(FailureKind.FirstTokenTimeout, Ticks(_limits.FirstToken));

    /// <summary>A wait for the next chunk begins.</summary>
    public void WaitForNext() => MoveTo(FailureKind.StallTimeout, Sum(Elapsed.Ticks, Ticks(_limits.BetweenTokens)));

    /// <summary>Nobody waits for the upstream: its reader is busy with what came.</summary>
    public void Pause() => MoveTo(FailureKind.TotalTimeout, long.MaxValue);

    public void Dispose()
    {
        _timer.Dispose();
        _source.Dispose();
    }

    private void MoveTo(FailureKind stage, long deadline)
    {
        Volatile.Write(ref _stage, (int)stage);
        Volatile.Write(ref _deadline, Math.Min(deadline, _total));
        if (deadline >= Volatile.Read(ref _timerDue)) return;
        Volatile.Write(ref _timerDue, deadline);
        _timer.Change(Due(deadline - Elapsed.Ticks), Timeout.InfiniteTimeSpan);
    }

    private void Tick()
    {
        var now = Elapsed.Ticks;
        var deadline = Volatile.Read(ref _deadline);
        if (now < deadline)
        {
            Volatile.Write(ref _timerDue, deadline);
            _timer.Change(Due(deadline - now), Timeout.InfiniteTimeSpan);
            return;
        }

        Volatile.Write(ref _expired, now >= _total ? (int)FailureKind.TotalTimeout : Volatile.Read(ref _stage));
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended meanwhile.
        }
    }

    private static long Ticks(TimeSpan limit) => limit == Timeout.InfiniteTimeSpan ? long.MaxValue : Math.Max(limit.Ticks, 0);

    private static long Sum(long now, long limit) => limit == long.MaxValue ? limit : now + limit;

    private static TimeSpan Due(long ticks) => ticks < 0 ? TimeSpan.Zero : ticks > Longest.Ticks ? Longest : TimeSpan.FromTicks(ticks);
}
