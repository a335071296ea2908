using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>A machine whose time of day is set, forwards and backwards; its timers and timestamps know nothing of it.</summary>
internal sealed class ClockThatIsSet(ManualTime time) : TimeProvider
{
    private long _by;

    public override long TimestampFrequency => time.TimestampFrequency;

    public void Set(TimeSpan by) => Interlocked.Exchange(ref _by, by.Ticks);

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _by));

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
