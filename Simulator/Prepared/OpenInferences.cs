using System.Globalization;

namespace OrleansLlm.Simulator.Prepared;

/// <summary>How many inferences a port has open, waiting for its slots included: more than its slots means that whoever sends them does not count.</summary>
internal sealed class OpenInferences
{
    private int _open;
    private int _most;
    private long _ended;

    public OpenInference Begin()
    {
        var now = Interlocked.Increment(ref _open);
        for (var most = Volatile.Read(ref _most); now > most; most = Volatile.Read(ref _most))
        {
            if (Interlocked.CompareExchange(ref _most, now, most) == most) break;
        }

        return new OpenInference(this);
    }

    /// <summary>What was seen since it was last asked, as JSON.</summary>
    public string TakeStats() => string.Create(
        CultureInfo.InvariantCulture, $$"""{"ended":{{Interlocked.Exchange(ref _ended, 0)}},"mostAtOnce":{{Interlocked.Exchange(ref _most, Volatile.Read(ref _open))}}}""");

    public void Ended()
    {
        Interlocked.Decrement(ref _open);
        Interlocked.Increment(ref _ended);
    }
}

/// <summary>One of them. It ends before its last bytes are sent: whoever has read those may ask for the next.</summary>
internal sealed class OpenInference(OpenInferences all) : IDisposable
{
    private int _ended;

    public void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0) all.Ended();
    }

    public void Dispose() => End();
}
