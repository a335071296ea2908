using System.Text;

namespace OrleansLlm.Simulator;

/// <summary>What the server has seen since its start or the last reset, as <c>GET /sim/stats</c> shows it.</summary>
/// <param name="Requests">Requests to the paths that run inferences, refused ones included.</param>
/// <param name="Connections">TCP connections accepted.</param>
/// <param name="Waiting">Requests that wait for a load or a slot now.</param>
/// <param name="Started">Inferences that got a slot.</param>
/// <param name="Finished">Inferences that ran to their end.</param>
/// <param name="Cancelled">Inferences whose client left.</param>
/// <param name="Broken">Inferences that a fault ended.</param>
/// <param name="Running">Inferences running now.</param>
/// <param name="MaxRunning">The most inferences that ever ran at once, whatever became of them.</param>
/// <param name="LoadsStarted">Model loads begun.</param>
/// <param name="LoadsFinished">Model loads that finished.</param>
/// <param name="LoadsAborted">Model loads given up because the client that caused them left.</param>
/// <param name="Loaded">Models in memory.</param>
/// <param name="Arrivals">Markers (the start of the last user message) in order of arrival, the last ones only.</param>
/// <param name="Starts">Markers in the order in which their inferences got a slot, the last ones only.</param>
/// <param name="Bodies">The last request bodies.</param>
public sealed record SimulatorSnapshot(
    long Requests, long Connections, long Waiting, long Started, long Finished, long Cancelled, long Broken, long Running, long MaxRunning,
    long LoadsStarted, long LoadsFinished, long LoadsAborted, IReadOnlyList<string> Loaded,
    IReadOnlyList<string> Arrivals, IReadOnlyList<string> Starts, IReadOnlyList<string> Bodies);

/// <summary>The counters. Reading is cheap and exact for each number, not across numbers.</summary>
public sealed class SimulatorStats
{
    private const int MarkersKept = 10_000;
    private const int BodiesKept = 64;
    private const int MarkerLength = 80;

    private readonly Lock _gate = new();
    private readonly Queue<string> _arrivals = new();
    private readonly Queue<string> _starts = new();
    private readonly Queue<byte[]> _bodies = new();
    private long _requests, _connections, _waiting, _started, _finished, _cancelled, _broken, _running, _maxRunning;
    private long _loadsStarted, _loadsFinished, _loadsAborted;
    private IReadOnlyList<OpenInference> _fullest = [];

    public long Requests => Interlocked.Read(ref _requests);

    public long Connections => Interlocked.Read(ref _connections);

    public long Waiting => Interlocked.Read(ref _waiting);

    public long Started => Interlocked.Read(ref _started);

    public long Finished => Interlocked.Read(ref _finished);

    public long Cancelled => Interlocked.Read(ref _cancelled);

    public long Broken => Interlocked.Read(ref _broken);

    public long Running => Interlocked.Read(ref _running);

    public long MaxRunning => Interlocked.Read(ref _maxRunning);

    public long LoadsStarted => Interlocked.Read(ref _loadsStarted);

    public long LoadsFinished => Interlocked.Read(ref _loadsFinished);

    public long LoadsAborted => Interlocked.Read(ref _loadsAborted);

    /// <summary>What ran when the most ran at once, for the first time; the oldest first.</summary>
    public IReadOnlyList<OpenInference> Fullest
    {
        get
        {
            lock (_gate) return _fullest;
        }
    }

    public IReadOnlyList<string> Arrivals
    {
        get
        {
            lock (_gate) return [.. _arrivals];
        }
    }

    public IReadOnlyList<string> Starts
    {
        get
        {
            lock (_gate) return [.. _starts];
        }
    }

    public IReadOnlyList<string> Bodies
    {
        get
        {
            lock (_gate) return [.. _bodies.Select(Encoding.UTF8.GetString)];
        }
    }

    /// <summary>Back to zero, except what is true now: running and waiting.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            _arrivals.Clear();
            _starts.Clear();
            _bodies.Clear();
            _requests = _connections = _started = _finished = _cancelled = _broken = 0;
            _loadsStarted = _loadsFinished = _loadsAborted = 0;
            _maxRunning = _running;
            _fullest = [];
        }
    }

    internal void ConnectionAccepted() => Interlocked.Increment(ref _connections);

    internal void RequestArrived(string marker, byte[] body)
    {
        Interlocked.Increment(ref _requests);
        lock (_gate)
        {
            Keep(_arrivals, Short(marker), MarkersKept);
            Keep(_bodies, body, BodiesKept);
        }
    }

    internal void WaitBegan() => Interlocked.Increment(ref _waiting);

    internal void WaitEnded() => Interlocked.Decrement(ref _waiting);

    /// <param name="open">What runs with it, the new one included.</param>
    internal void InferenceStarted(string marker, Func<IReadOnlyList<OpenInference>> open)
    {
        lock (_gate)
        {
            _started++;
            var running = Interlocked.Increment(ref _running);
            if (running > _maxRunning) (_maxRunning, _fullest) = (running, open());
            Keep(_starts, Short(marker), MarkersKept);
        }
    }

    internal void InferenceEnded(InferenceEnd end)
    {
        Interlocked.Decrement(ref _running);
        switch (end)
        {
            case InferenceEnd.Finished: Interlocked.Increment(ref _finished); break;
            case InferenceEnd.Cancelled: Interlocked.Increment(ref _cancelled); break;
            default: Interlocked.Increment(ref _broken); break;
        }
    }

    internal void LoadStarted() => Interlocked.Increment(ref _loadsStarted);

    internal void LoadFinished() => Interlocked.Increment(ref _loadsFinished);

    internal void LoadAborted() => Interlocked.Increment(ref _loadsAborted);

    internal SimulatorSnapshot Snapshot(IReadOnlyList<string> loaded) => new(
        Requests, Connections, Waiting, Started, Finished, Cancelled, Broken, Running, MaxRunning,
        LoadsStarted, LoadsFinished, LoadsAborted, loaded, Arrivals, Starts, Bodies);

    internal static string Short(string marker) => marker.Length <= MarkerLength ? marker : marker[..MarkerLength];

    private static void Keep<T>(Queue<T> queue, T item, int most)
    {
        if (queue.Count == most) queue.Dequeue();
        queue.Enqueue(item);
    }
}

internal enum InferenceEnd
{
    Finished,
    Cancelled,
    Broken,
}

/// <summary>One of the inferences that ran at a moment.</summary>
/// <param name="Marker">The start of its prompt.</param>
/// <param name="Age">For how long it had been running.</param>
/// <param name="ClientGone">The client had closed its side, and the server had not acted on that yet.</param>
public sealed record OpenInference(string Marker, TimeSpan Age, bool ClientGone);
