namespace OrleansLlm.Bench.Endurance;

/// <summary>A machine whose clock is set, forwards and backwards, while time goes on as ever: timers and timestamps know nothing of it.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private long _offset;

    public override long TimestampFrequency => System.TimestampFrequency;

    /// <param name="offset">From the true time.</param>
    public void Set(TimeSpan offset) => Interlocked.Exchange(ref _offset, offset.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _offset));

    public override long GetTimestamp() => System.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => System.CreateTimer(callback, state, dueTime, period);
}
