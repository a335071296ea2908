namespace OrleansLlm.Grains;

/// <summary>
/// The orderly end of a process: what runs may finish, with all that it leaves in the stores and the ledger, and what only waits is sent elsewhere.
/// Counts the requests of this process that are not at their end, and the upstream calls that it makes for them or for others.
/// </summary>
public sealed class ProcessDrain : IDisposable
{
    /// <summary>What has been cut still has to be settled and written down: its row, its failure for whoever polls.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _began = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource? _idle;
    private int _requests;
    private int _calls;
    private int _held;

    /// <summary>Cancelled when the process has been asked to stop.</summary>
    public CancellationToken Began => _began.Token;

    /// <summary>Cancelled when what still runs has had its time.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Cancelled when nothing runs here any more, or had its time, and the engine is about to stop: the grains leave this process.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>As <see cref="Over"/>, also when this is disposed of: a host may be stopped a second time.</summary>
    public bool IsOver => _over.IsCancellationRequested;

    /// <summary>Upstream calls.</summary>
    public int Running => Volatile.Read(ref _calls);

    /// <summary>What the end waits for, in answers: a request has its call within it, and a call for another node's request has none here.</summary>
    public int Open
    {
        get
        {
            lock (_gate) return Math.Max(_requests, _calls);
        }
    }

    /// <summary>A request has begun; disposing the result says that all it leaves behind is stored, settled and in the ledger.</summary>
    public IDisposable Enter() => new Entry(this, Held.ByRequest);

    /// <summary>An upstream call has begun; disposing the result says that it has ended and its slot is free.</summary>
    public IDisposable EnterCall() => new Entry(this, Held.ByCall);

    /// <summary>Something more has to be done before the end, for a request that is counted already.</summary>
    public IDisposable Hold() => new Entry(this, Held.ByMore);

    public void Begin() => _began.Cancel();

    /// <summary>Ends when nothing runs any more, or when the time is over and what runs has been cut.</summary>
    public async Task CompleteAsync(TimeSpan timeout, TimeProvider time)
    {
        Begin();
        if (await IsIdleWithinAsync(timeout, time, Cut)) return;
        await _cut.CancelAsync();
        await IsIdleWithinAsync(LastWords, time, CancellationToken.None);
    }

    /// <summary>What runs has had its time, whatever it was given: somebody does not want to wait for it.</summary>
    public void CutShort() => _cut.Cancel();

    /// <summary>Over when there is nothing, at this moment, that the end waits for.</summary>
    public Task IdleAsync()
    {
        lock (_gate) return _held == 0 ? Task.CompletedTask : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    /// <summary>What comes next is the end of the engine.</summary>
    public void End()
    {
        if (!IsOver) _over.Cancel();
    }

    public void Dispose()
    {
        _began.Dispose();
        _cut.Dispose();
        _over.Dispose();
    }

    private async Task<bool> IsIdleWithinAsync(TimeSpan timeout, TimeProvider time, CancellationToken cutShort)
    {
        try
        {
            await IdleAsync().WaitAsync(timeout, time, cutShort);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private void Count(Held by, int change)
    {
        lock (_gate)
        {
            _held += change;
            if (by == Held.ByRequest) _requests += change;
            if (by == Held.ByCall) _calls += change;
            if (_held > 0) return;
            _idle?.TrySetResult();
            _idle = null;
        }
    }

    private enum Held
    {
        ByRequest,
        ByCall,
        ByMore,
    }

    private sealed class Entry : IDisposable
    {
        private readonly ProcessDrain _owner;
        private readonly Held _by;
        private int _left;

        public Entry(ProcessDrain owner, Held by)
        {
            (_owner, _by) = (owner, by);
            owner.Count(by, 1);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) _owner.Count(_by, -1);
        }
    }
}
