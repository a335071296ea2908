using System.Runtime.CompilerServices;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// The events of one inference on their way to a reader in another process. An enumeration that nobody pulls any more stands still with its slot: it can be ended from here.
/// Everything but <see cref="QuietTick"/> happens in turns of the grain.
/// </summary>
internal sealed class DistantReader(DistantReaders all, string inference, IAsyncEnumerable<InferenceEvent> events) : IAsyncEnumerable<InferenceEvent>, IAsyncEnumerator<InferenceEvent>
{
    private IAsyncEnumerator<InferenceEvent>? _events;
    private int _quietTicks;
    private bool _pulled;
    private bool _gone;
    private bool _disposed;

    public string Inference => inference;

    /// <summary>Kept here: an enumeration that is disposed of forgets its own.</summary>
    public InferenceEvent Current { get; private set; } = null!;

    public IAsyncEnumerator<InferenceEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _events = events.GetAsyncEnumerator(cancellationToken);
        all.Add(this);
        return this;
    }

    /// <summary>The reader is there: it has asked for the next event, or whether there is still somebody to ask.</summary>
    public void Hear() => Volatile.Write(ref _quietTicks, 0);

    /// <returns>How many there were since it was heard.</returns>
    public int QuietTick() => Interlocked.Increment(ref _quietTicks);

    /// <exception cref="TimeoutException">It was given up. To its reader, who only stood still, that is contact lost.</exception>
    public ValueTask<bool> MoveNextAsync()
    {
        if (_gone) throw new TimeoutException("The reader of this inference was silent for so long that it was given up.");
        Hear();
        var next = _events!.MoveNextAsync();
        return next.IsCompletedSuccessfully ? new(Saw(next.Result)) : WaitAsync(next);
    }

    /// <summary>It reads no more, whether or not it could say so.</summary>
    public ValueTask LeaveAsync()
    {
        _gone = true;
        all.Remove(this);
        // An event that is waited for is on its way since the inference was cancelled, and whoever waits for it disposes.
        return _pulled ? ValueTask.CompletedTask : DisposeAsync();
    }

    public ValueTask DisposeAsync()
    {
        all.Remove(this);
        if (_disposed || _events is null) return ValueTask.CompletedTask;
        _disposed = true;
        return _events.DisposeAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync(ValueTask<bool> next)
    {
        _pulled = true;
        try
        {
            return Saw(await next);
        }
        finally
        {
            _pulled = false;
            if (_gone) await DisposeAsync();
        }
    }

    private bool Saw(bool more)
    {
        if (more) Current = _events!.Current;
        return more;
    }
}
