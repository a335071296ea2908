namespace OrleansLlm.Bench.Endurance;

/// <summary>
/// How long this process, and the containers simulated in it, had no processor. A gateway waits a second for a container to hang up before it
/// gives its slot to the next; one that gets no processor for so long has its reasons to be found with one inference more.
/// </summary>
internal sealed class Stillness : IDisposable
{
    /// <summary>Half of what a gateway waits.</summary>
    public static readonly TimeSpan TooLong = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(25);

    private readonly ITimer _timer;
    private long _last = TimeProvider.System.GetTimestamp();
    private long _longest;

    public Stillness() => _timer = TimeProvider.System.CreateTimer(_ => Look(), null, Beat, Beat);

    public TimeSpan Longest => TimeSpan.FromTicks(Interlocked.Read(ref _longest));

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var now = TimeProvider.System.GetTimestamp();
        var gap = TimeProvider.System.GetElapsedTime(Interlocked.Exchange(ref _last, now), now).Ticks;
        if (gap > Interlocked.Read(ref _longest)) Interlocked.Exchange(ref _longest, gap);
    }
}
