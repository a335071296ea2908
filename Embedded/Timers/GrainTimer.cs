using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>A timer whose tick is a call to its own activation. The next tick is set when one has ended, so they never overlap.</summary>
/// <remarks>Guarded by <c>lock (this)</c>, and without a token before its first tick: every request has timers, and few of them ever tick.</remarks>
internal sealed class GrainTimer : IGrainTimer, ICall
{
    private static readonly GrainMethod Exclusive = new("timer", CallOptions.None);
    private static readonly GrainMethod Interleaving = new("timer", CallOptions.AlwaysInterleave);
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly bool _keepAlive;
    private readonly ITimer _timer;
    private CancellationTokenSource? _stop;
    private TimeSpan _due;
    private TimeSpan _period;
    private bool _ticking;
    private bool _changed;
    private bool _disposed;

    public GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        Validate(options.DueTime, nameof(options));
        Validate(options.Period, nameof(options));
        _activation = activation;
        _callback = callback;
        _keepAlive = options.KeepAlive;
        Method = options.Interleave ? Interleaving : Exclusive;

        // The timer must not keep the async locals of the call that made it.
        AsyncFlowControl? noFlow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        using (noFlow)
        {
            _timer = activation.Class.Engine.Time.CreateTimer(
                static state => ((GrainTimer)state!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public GrainMethod Method { get; }

    public Activation? Target { get; set; }

    public LinkedListNode<ICall>? Place { get; set; }

    public long Deadline { get; set; } = long.MaxValue;

    public bool IsAnswered => _disposed;

    public bool IsLocal => true;

    public void Fail(Exception exception)
    {
        // A tick has no caller; its activation is gone and took the timer along.
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Validate(dueTime, nameof(dueTime));
        Validate(period, nameof(period));
        lock (this)
        {
            _due = dueTime;
            _period = period;
            _changed = true;
            if (!_ticking && !_disposed) Arm(dueTime);
        }
    }

    public void Dispose()
    {
        CancellationTokenSource? stop;
        lock (this)
        {
            _disposed = true;
            _timer.Dispose();
            stop = _stop;
        }

        _activation.Remove(this);
        try
        {
            stop?.Cancel();
        }
        catch (AggregateException exception)
        {
            _activation.Class.Engine.Log.TimerFailed(_activation.GrainId, exception);
        }
    }

    public void Run() => _ = RunAsync();

    private static void Validate(TimeSpan time, string name)
    {
        if (time == Timeout.InfiniteTimeSpan) return;
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(time.TotalMilliseconds, uint.MaxValue - 1, name);
    }

    private void Fire()
    {
        lock (this)
        {
            if (_ticking || _disposed) return;
            _ticking = true;
        }

        _activation.TryAccept(this);
    }

    private async Task RunAsync()
    {
        if (_keepAlive) _activation.Touch();
        CancellationToken stopped;
        bool ticks;
        lock (this)
        {
            _changed = false;
            ticks = !_disposed;
            stopped = (_stop ??= new()).Token;
        }

        try
        {
            if (ticks) await _callback(stopped);
        }
        catch (Exception exception)
        {
            if (exception is not OperationCanceledException || !stopped.IsCancellationRequested)
                _activation.Class.Engine.Log.TimerFailed(_activation.GrainId, exception);
        }

        _activation.Finish(this);
        lock (this)
        {
            _ticking = false;
            if (!_disposed) Arm(_changed ? _due : _period);
        }
    }

    private void Arm(TimeSpan due) => _timer.Change(due, Timeout.InfiniteTimeSpan);
}
