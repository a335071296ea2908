using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>A timer whose tick is a call to its own activation. The next tick is set when one has ended, so they never overlap.</summary>
internal sealed class GrainTimer : IGrainTimer, ICall
{
    private static readonly GrainMethod Exclusive = new("timer", CallOptions.None);
    private static readonly GrainMethod Interleaving = new("timer", CallOptions.AlwaysInterleave);
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly bool _keepAlive;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
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
        lock (_stop)
        {
            _due = dueTime;
            _period = period;
            _changed = true;
            if (!_ticking && !_disposed) Arm(dueTime);
        }
    }

    public void Dispose()
    {
        lock (_stop)
        {
            _disposed = true;
            _timer.Dispose();
        }

        _activation.Remove(this);
        try
        {
            _stop.Cancel();
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
        lock (_stop)
        {
            if (_ticking || _disposed) return;
            _ticking = true;
        }

        _activation.TryAccept(this);
    }

    private async Task RunAsync()
    {
        if (_keepAlive) _activation.Touch();
        lock (_stop) _changed = false;
        try
        {
            if (!_disposed) await _callback(_stop.Token);
        }
        catch (Exception exception)
        {
            if (exception is not OperationCanceledException || !_stop.IsCancellationRequested)
                _activation.Class.Engine.Log.TimerFailed(_activation.GrainId, exception);
        }

        _activation.Finish(this);
        lock (_stop)
        {
            _ticking = false;
            if (!_disposed) Arm(_changed ? _due : _period);
        }
    }

    private void Arm(TimeSpan due) => _timer.Change(due, Timeout.InfiniteTimeSpan);
}
