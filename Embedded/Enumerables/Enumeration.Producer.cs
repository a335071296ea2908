using System.Runtime.CompilerServices;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>The grain's half: everything in it but <see cref="Stop"/> and the questions of the activation runs in turns of the grain.</summary>
internal sealed partial class Enumeration<T> : ICall, IEnumeration, IRelayed
{
    private IAsyncEnumerator<T>? _elements;
    private CancellationTokenSource? _cancellation;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _step;
    private Action? _onStep;
    private LinkedListNode<IEnumeration>? _registered;
    private long _lastSeen;
    private bool _moved;
    private bool _ending;
    private bool _more;
    private Exception? _fault;

    // Guarded by _gate: whether its first turn has been; whether a MoveNextAsync of the grain's is under way, and whether it has ended outside of the grain's turns.
    private bool _started;
    private bool _moving;
    private bool _steppedOutside;

    public GrainMethod Method => source.Method;

    public Activation? Target { get; set; }

    public LinkedListNode<ICall>? Place { get; set; }

    public long Deadline { get; set; }

    public bool IsAnswered
    {
        get
        {
            lock (_gate) return _ended;
        }
    }

    public bool IsLocal => false;

    /// <summary>The enumeration was never begun: no activation, or none in time.</summary>
    public void Fail(Exception exception)
    {
        bool waits;
        lock (_gate) waits = Tell(exception);
        if (waits) Answer(false, exception);
        MarkEnded(null);
    }

    public bool IsStale(long now)
    {
        lock (_gate) return !_requested && !_ended && now - _lastSeen > source.Address.Class.Engine.ToTimestamp(source.Address.Class.Engine.Messaging.ResponseTimeout);
    }

    public void Abort(string why) => Stop(new EnumerationAbortedException($"The enumeration of {Method.Name} on {source.Address.Id} was aborted: {why}."));

    /// <summary>A turn: the start, the reader's next request, or the news that the reader has left.</summary>
    public void Run()
    {
        if (!_started)
        {
            var activation = Target!;
            var wanted = StillWanted(activation);
            if (wanted) _registered = activation.TryAddEnumeration(this);
            activation.Finish(this);
            if (_registered is not null)
            {
                // From here on it is the reader's idleness that counts, not the response timeout.
                Deadline = long.MaxValue;
                lock (_gate) _started = true;
                Open(activation);
            }
            else if (wanted)
            {
                // The activation has begun to go: its successor takes it.
                source.Address.Class.Dispatch(source.Address.Key, this);
            }
        }
        else if (TakeStepFromOutside())
        {
            OnStep();
        }
        else
        {
            Continue();
        }
    }

    private bool StillWanted(Activation activation)
    {
        bool stopped;
        lock (_gate)
        {
            if (_ended) return false;
            stopped = _stopping;
            _lastSeen = activation.Class.Engine.Now;
        }

        if (stopped) MarkEnded(null);
        return !stopped;
    }

    private void Open(Activation activation)
    {
        try
        {
            _cancellation = new CancellationTokenSource();
            _elements = source.Invoke(activation.GrainInstance!, _cancellation.Token).GetAsyncEnumerator(_cancellation.Token);
        }
        catch (Exception exception)
        {
            End(exception);
            return;
        }

        Continue();
    }

    private void Continue()
    {
        if (_ending) return;
        bool stopping, requested;
        lock (_gate)
        {
            stopping = _stopping;
            requested = _requested && !_moving;
        }

        if (stopping)
        {
            Cancel();
            if (!_moving) End(null);
        }
        else if (requested)
        {
            Pull();
        }
    }

    /// <summary>Takes elements for as long as they are ready, up to a batch. The reader waits, so the buffer is the grain's.</summary>
    private void Pull()
    {
        var count = 0;
        if (_moved)
        {
            _moved = false;
            Add(ref count);
        }

        try
        {
            while (count < source.MaxBatchSize)
            {
                var step = _elements!.MoveNextAsync();
                if (!step.IsCompleted)
                {
                    lock (_gate) _moving = true;
                    _step = step.ConfigureAwait(false).GetAwaiter();
                    if (count > 0) Deliver(count);
                    _step.UnsafeOnCompleted(_onStep ??= OnStepAnywhere);
                    return;
                }

                if (!step.Result)
                {
                    if (count > 0) Deliver(count);
                    End(null);
                    return;
                }

                Add(ref count);
            }
        }
        catch (Exception exception)
        {
            if (count > 0) Deliver(count);
            End(exception);
            return;
        }

        Deliver(count);
    }

    /// <summary>Nearly every step ends in a turn of the grain, as its last act: another turn would be one more for each element.</summary>
    private void OnStepAnywhere()
    {
        if (ReferenceEquals(TaskScheduler.Current, Target))
        {
            OnStep();
            return;
        }

        lock (_gate) _steppedOutside = true;
        Target!.Post(this);
    }

    private bool TakeStepFromOutside()
    {
        lock (_gate)
        {
            var stepped = _steppedOutside;
            _steppedOutside = false;
            return stepped;
        }
    }

    private void OnStep()
    {
        try
        {
            _moved = _step.GetResult();
        }
        catch (Exception exception)
        {
            lock (_gate) _moving = false;
            End(exception);
            return;
        }

        bool stopping, requested;
        lock (_gate)
        {
            _moving = false;
            stopping = _stopping;
            requested = _requested;
        }

        if (stopping) Continue();
        else if (!_moved) End(null);
        else if (requested) Pull();
    }

    private void Add(ref int count)
    {
        if (count == _buffer.Length) Array.Resize(ref _buffer, Math.Max(4, count * 2));
        _buffer[count++] = _elements!.Current;
    }

    private void Deliver(int count)
    {
        lock (_gate)
        {
            if (!_requested) return;
            _requested = false;
            _count = count;
            _index = 0;
            _lastSeen = Target!.Class.Engine.Now;
        }

        Answer(true, null);
    }

    /// <summary>Tells the reader that waits, as soon as the piece of work that knows the outcome has ended.</summary>
    private void Answer(bool more, Exception? fault)
    {
        (_more, _fault) = (more, fault);
        Relay.Post(this);
    }

    void IThreadPoolWorkItem.Execute() => Relay.Run(this);

    void IRelayed.Go()
    {
        var fault = _fault;
        _fault = null;
        if (fault is null) _answer.SetResult(_more);
        else _answer.SetException(fault);
    }

    /// <summary>From any thread: the reader gets the reason at once if it waits, and the grain learns of it in a turn.</summary>
    private void Stop(Exception reason)
    {
        bool waits, started;
        lock (_gate)
        {
            if (_stopping || _ended || !_begun) return;
            _stopping = true;
            started = _started;
            waits = Tell(reason);
        }

        if (waits) Answer(false, reason);
        var activation = Target;

        // One that was admitted learns of it in its first turn: that is counted at its end, and a second one would be too.
        if (started) activation!.Post(this);
        else if (activation is null || activation.Withdraw(this)) MarkEnded(null);
    }

    /// <summary>Under the gate: whether the reader waits and is to be told now; else its next request finds the reason.</summary>
    private bool Tell(Exception reason)
    {
        if (!_requested)
        {
            if (!_told) _error ??= reason;
            return false;
        }

        _requested = false;
        return _told = true;
    }

    private void Cancel()
    {
        if (_cancellation is null or { IsCancellationRequested: true }) return;
        try
        {
            _cancellation.Cancel();
        }
        catch (AggregateException exception)
        {
            Target!.Class.Engine.Log.CancellationCallbackFailed(Method.Name, source.Address.Id, exception);
        }
    }

    private void End(Exception? error)
    {
        if (_ending) return;
        _ending = true;
        _ = EndAsync(error);
    }

    private async Task EndAsync(Exception? error)
    {
        try
        {
            if (_elements is not null) await _elements.DisposeAsync();
        }
        catch (Exception exception)
        {
            error ??= exception;
        }

        bool left;
        lock (_gate) left = _stopping;
        if (left && error is not null and not OperationCanceledException)
            Target!.Class.Engine.Log.EnumerationEndFailed(Method.Name, source.Address.Id, error);
        Target!.RemoveEnumeration(_registered!);
        MarkEnded(error);
    }

    private void MarkEnded(Exception? error)
    {
        _onReadersToken.Unregister();
        _onArgument.Unregister();
        bool answer;
        lock (_gate)
        {
            if (_ended) return;
            _ended = true;
            answer = _requested;
            _requested = false;
            if (answer) _told = true;
            else if (!_stopping) _error ??= error;
            _end?.TrySetResult();
        }

        if (!answer) return;
        _count = 0;
        Answer(false, error);
    }
}
