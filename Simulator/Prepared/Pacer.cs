namespace OrleansLlm.Simulator.Prepared;

/// <summary>
/// Sends the parts of all paced answers, each at its time, from one thread: a timer and a thread-pool item for each of 50,000 tokens a second
/// would cost more than the gateways under test. Times are absolute, so that a late part does not make the next one late.
/// </summary>
internal sealed class Pacer : IDisposable
{
    private readonly object _gate = new();
    private readonly PriorityQueue<PacedAnswer, long> _waiting = new();
    private readonly TimeProvider _time;
    private bool _stopped;

    public Pacer(TimeProvider time)
    {
        _time = time;
        new Thread(Run) { IsBackground = true, Name = "pacer" }.Start();
    }

    public void Add(PacedAnswer answer, TimeSpan after)
    {
        answer.Due = _time.GetTimestamp() + Ticks(after);
        lock (_gate)
        {
            var sooner = !_waiting.TryPeek(out _, out var first) || answer.Due < first;
            _waiting.Enqueue(answer, answer.Due);
            if (sooner) Monitor.Pulse(_gate);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        var due = new List<PacedAnswer>();
        while (Take(due))
        {
            foreach (var answer in due)
            {
                if (!answer.SendNext()) continue;
                answer.Due += Ticks(answer.Gap);
                lock (_gate) _waiting.Enqueue(answer, answer.Due);
            }

            due.Clear();
        }
    }

    /// <summary>Waits for the next ones that are due.</summary>
    private bool Take(List<PacedAnswer> due)
    {
        lock (_gate)
        {
            while (!_stopped)
            {
                var now = _time.GetTimestamp();
                while (_waiting.TryPeek(out _, out var at) && at <= now) due.Add(_waiting.Dequeue());
                if (due.Count > 0) return true;
                if (!_waiting.TryPeek(out _, out var next)) Monitor.Wait(_gate);
                else Monitor.Wait(_gate, (int)Math.Ceiling((next - now) * 1000.0 / _time.TimestampFrequency));
            }

            return false;
        }
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);
}
