namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// Gives back what starting or a busy hour has left behind. Collections come with allocations: a process that has nothing to do keeps what it had when
/// it was busy. Nobody waits for the pause, since nothing happens; it is of the length of what is alive.
/// </summary>
internal sealed class RestingMemory : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(5);

    private readonly RestRule _rule = new();
    private readonly ITimer _timer;

    public RestingMemory(TimeProvider time) =>
        _timer = time.CreateTimer(static self => ((RestingMemory)self!).Look(), this, BetweenLooks, BetweenLooks);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (_rule.Look(GC.GetTotalAllocatedBytes(), GC.GetTotalMemory(forceFullCollection: false))) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
