namespace Orleans.Embedded;

/// <summary>Turns: one piece of ready work after the other, on one thread at a time, with this scheduler as the current one.</summary>
internal sealed partial class Activation
{
    // After so many pieces of work the thread goes back to the pool, so that one busy grain does not keep it from the others.
    private const int Quantum = 64;
    private static readonly Action<object?> RunTurnsAction = static state => ((Activation)state!).RunTurns();
    private bool _scheduled;
    private int _piecesLeft;
    private object? _next;
    private Task? _carrier;
    private ICall? _current;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Runs a turn that needs no admission: the engine's own work for this activation.</summary>
    public void Post(ITurn turn) => PostWork(turn);

    void IThreadPoolWorkItem.Execute() => Relay.Run(this);

    void IRelayed.Go()
    {
        _piecesLeft = Quantum;
        while (_piecesLeft-- > 0)
        {
            if (!TakeNext(out var next)) return;
            if (next is Task task)
            {
                TryExecuteTask(task);
            }
            else
            {
                // Only code inside a task sees its scheduler as the current one, so a task carries the turns.
                _next = next;
                _carrier = new Task(RunTurnsAction, this);
                _carrier.RunSynchronously(this);
                _carrier = null;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    protected override void QueueTask(Task task) => PostWork(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued)
    {
        if (ReferenceEquals(task, _carrier)) return TryExecuteTask(task);

        // Inline only what a turn of this activation completes: the scheduler is current on its one thread alone.
        return !taskWasPreviouslyQueued && ReferenceEquals(Current, this) && TryExecuteTask(task);
    }

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (this) return Enumerable.Range(0, _ready.Count).Select(i => _ready[i]).OfType<Task>().ToArray();
    }

    private void RunTurns()
    {
        var clean = ExecutionContext.Capture();
        var next = _next!;
        _next = null;
        while (true)
        {
            if (next is Task task)
            {
                TryExecuteTask(task);
            }
            else
            {
                _current = next as ICall;
                ((ITurn)next).Run();
                _current = null;

                // What one call left in an async local is not the next one's.
                if (clean is not null) ExecutionContext.Restore(clean);
            }

            if (--_piecesLeft <= 0) return;

            // Only Execute gives the activation up: here the carrier is still running, and it must not run twice at once.
            lock (this)
            {
                if (!_ready.TryDequeue(out next)) return;
            }
        }
    }

    private bool TakeNext(out object next)
    {
        lock (this)
        {
            if (_ready.TryDequeue(out next)) return true;
            _scheduled = false;
            return false;
        }
    }

    private void PostWork(object work)
    {
        bool schedule;
        lock (this)
        {
            _ready.Enqueue(work);
            schedule = NeedsScheduling();
        }

        if (schedule) Relay.Post(this);
    }

    private bool NeedsScheduling()
    {
        if (_scheduled || _ready.Count == 0) return false;
        return _scheduled = true;
    }
}
