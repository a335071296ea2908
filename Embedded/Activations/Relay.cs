namespace Orleans.Embedded;

/// <summary>Work for a thread of the pool: the turns of an activation, or what waits for the outcome of one.</summary>
internal interface IRelayed : IThreadPoolWorkItem
{
    void Go();
}

/// <summary>
/// Who has done its work goes on with what that has made ready: the next activation of a request, the reader of an element. It is begun when the other
/// has ended and never in the middle of it, as if it had waited in the pool's queue for this thread; what is saved is the queue, and that another thread
/// is woken for it. Only the first piece is kept: further ones are the pool's, and run at the same time.
/// </summary>
internal sealed class Relay
{
    // After so many legs the thread goes back to the pool, so that one lively request does not keep it from the others.
    private const int Legs = 32;
    private static readonly Lock Gate = new();
    private static readonly List<Relay> All = [];

    [ThreadStatic]
    private static Relay? _ofThisThread;

    private readonly Thread _thread = Thread.CurrentThread;
    private IRelayed? _next;
    private IRelayed? _seen;
    private bool _running;

    public static void Post(IRelayed work)
    {
        if (_ofThisThread is { _running: true } relay && Interlocked.CompareExchange(ref relay._next, work, null) is null) return;
        ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: true);
    }

    public static void Run(IRelayed work)
    {
        var relay = _ofThisThread ??= New();
        relay._running = true;
        var clean = ExecutionContext.Capture();
        try
        {
            var next = work;
            for (var leg = 1; next is not null; leg++)
            {
                next.Go();

                // As the pool does it: what one piece of work has left in an async local is not the next one's.
                if (clean is not null) ExecutionContext.Restore(clean);
                next = leg < Legs ? Interlocked.Exchange(ref relay._next, null) : null;
            }
        }
        finally
        {
            relay._running = false;
            relay.LetGo();
        }
    }

    /// <summary>Gives to the pool what has waited since the last look for a thread that stands still: no piece of work depends on the good manners of another.</summary>
    public static void Rescue()
    {
        lock (Gate)
        {
            All.RemoveAll(static relay => !relay._thread.IsAlive);
            foreach (var relay in All)
            {
                var next = Volatile.Read(ref relay._next);
                if (next is not null && ReferenceEquals(next, relay._seen)) relay.LetGo();
                relay._seen = Volatile.Read(ref relay._next);
            }
        }
    }

    private static Relay New()
    {
        var relay = new Relay();
        lock (Gate) All.Add(relay);
        return relay;
    }

    private void LetGo()
    {
        if (Interlocked.Exchange(ref _next, null) is { } left) ThreadPool.UnsafeQueueUserWorkItem(left, preferLocal: false);
    }
}
