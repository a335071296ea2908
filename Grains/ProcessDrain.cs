namespace OrleansLlm.Grains;

/// <summary>
/// The orderly end of a process: what runs may finish, what only waits is sent elsewhere. Counts the inferences that this process runs.
/// </summary>
public sealed class ProcessDrain : IDisposable
{
    private readonly CancellationTokenSource _began = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;

    /// <summary>Cancelled when the process has been asked to stop.</summary>
    public CancellationToken Began => _began.Token;

    /// <summary>Cancelled when what still runs has had its time.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Cancelled when nothing runs here any more, or had its time, and the engine is about to stop: the grains leave this process.</summary>
    public CancellationToken Over => _over.Token;

    public int Running => Volatile.Read(ref _running);

    /// <summary>An upstream call has begun; disposing the result says that it has ended.</summary>
    public IDisposable Enter()
    {
        Interlocked.Increment(ref _running);
        return new Entry(this);
    }

    public void Begin()
    {
        _began.Cancel();
        SignalIfIdle();
    }

    /// <summary>Ends when nothing runs any more, or when the time is over and what runs has been cut.</summary>
    public async Task CompleteAsync(TimeSpan timeout, TimeProvider time)
    {
        Begin();
        try
        {
            await _idle.Task.WaitAsync(timeout, time);
        }
        catch (TimeoutException)
        {
            await _cut.CancelAsync();
        }
    }

    /// <summary>What comes next is the end of the engine.</summary>
    public void End()
    {
        // A host may be stopped a second time, when all of this is gone.
        if (!_over.IsCancellationRequested) _over.Cancel();
    }

    public void Dispose()
    {
        _began.Dispose();
        _cut.Dispose();
        _over.Dispose();
    }

    private void Leave()
    {
        Interlocked.Decrement(ref _running);
        SignalIfIdle();
    }

    private void SignalIfIdle()
    {
        if (_began.IsCancellationRequested && Running == 0) _idle.TrySetResult();
    }

    private sealed class Entry(ProcessDrain owner) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) owner.Leave();
        }
    }
}
