using OrleansLlm.Grains;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Rules;

/// <summary>Whether the process has stood still, found by whoever looks first.</summary>
public class StandstillTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void WhoLooksAfterALongTime_NotesIt_Once()
    {
        using var standstill = new Standstill(_time, new HostTraits(HoldersOutliveBackends: false));
        _time.Advance(Standstill.Longest);
        Assert.Equal(0, standstill.Count);
        _time.Advance(Standstill.Longest * 2);
        Assert.Equal(1, standstill.Count);
        Assert.Equal(1, standstill.Count);
        _time.Advance(Standstill.Longest * 100);
        Assert.Equal(2, standstill.Count);
    }

    /// <summary>Nobody asks for hours: that is no standstill.</summary>
    [Fact]
    public void TheTimer_LooksWhenNobodyElseDoes()
    {
        using var standstill = new Standstill(_time, new HostTraits(HoldersOutliveBackends: true));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, standstill.Count);
    }

    /// <summary>A paused virtual machine: its own clock has not gone on.</summary>
    [Fact]
    public void ATimeOfDayThatHasGoneOnAlone_IsAStandstill()
    {
        var time = new PausedMachine();
        using var standstill = new Standstill(time, new HostTraits(HoldersOutliveBackends: false));
        time.Clock += TimeSpan.FromMinutes(1);
        Assert.Equal(1, standstill.Count);
        time.Clock -= TimeSpan.FromHours(1);
        Assert.Equal(1, standstill.Count);
    }

    private sealed class PausedMachine : TimeProvider
    {
        public DateTimeOffset Clock { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Clock;

        public override long GetTimestamp() => 0;
    }
}
