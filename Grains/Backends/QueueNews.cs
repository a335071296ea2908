using System.Threading.Tasks.Sources;
using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// What one request that waits has to be told, for one reader. Holds the newest only: a reader that is late for a position does not want the
/// ones before it. A thousand requests in ten queues have ten thousand of these, so it is a small one.
/// </summary>
internal sealed class QueueNews : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _arrival;
    private CancellationTokenRegistration _onCancelled;
    private SlotAnswer? _newest;
    private bool _ended;
    private bool _waited;

    public void Tell(SlotAnswer answer)
    {
        lock (this)
        {
            _newest = answer;
            if (!TakeReader()) return;
        }

        _arrival.SetResult(true);
    }

    /// <summary>There is no more to tell: the request was withdrawn.</summary>
    public void End()
    {
        lock (this)
        {
            _ended = true;
            if (!TakeReader()) return;
        }

        _arrival.SetResult(false);
    }

    /// <returns>Whether there is news to take; false: there never will be.</returns>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        short version;
        lock (this)
        {
            if (_newest is not null) return new(true);
            if (_ended) return new(false);
            _arrival.Reset();
            _waited = true;
            version = _arrival.Version;
        }

        _onCancelled = cancellationToken.UnsafeRegister(static (self, token) => ((QueueNews)self!).Cancel(token), this);
        return new(this, version);
    }

    public SlotAnswer? Take()
    {
        lock (this)
        {
            var newest = _newest;
            _newest = null;
            return newest;
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _onCancelled.Unregister();
        return _arrival.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _arrival.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrival.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken token)
    {
        lock (this)
        {
            if (!TakeReader()) return;
        }

        _arrival.SetException(new OperationCanceledException(token));
    }

    /// <summary>Under the lock: whether a reader waits, and is for the caller to wake.</summary>
    private bool TakeReader()
    {
        var waited = _waited;
        _waited = false;
        return waited;
    }
}
