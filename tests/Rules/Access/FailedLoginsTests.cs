using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Api.Access;

namespace OrleansLlm.Tests.Rules.Access;

/// <summary>How often an address may guess.</summary>
public class FailedLoginsTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void InAnyMinute_NoMoreGuessesAreLookedAt_ThanTheLimit() => Prop.ForAll(
        Gen.Choose(1, 5).SelectMany(limit => Gen.ListOf(Gen.Choose(0, 12)).Select(steps => (Limit: limit, Steps: steps.ToList()))).ToArbitrary(),
        run =>
        {
            var failed = new FailedLogins();
            var now = TimeSpan.Zero;
            var looked = new List<TimeSpan>();
            foreach (var (step, i) in run.Steps.Select((s, i) => (s, i)))
            {
                now += step * Second;
                if (failed.Begin("a", $"{i}", run.Limit, now) is not null) continue;
                failed.End("a", $"{i}", failed: true, run.Limit, now);
                looked.Add(now);
            }

            return looked.All(at => looked.Count(l => l >= at && l < at + TimeSpan.FromMinutes(1)) <= run.Limit);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Begin_AfterTheTimeItTold_LetsTheNextGuessIn()
    {
        var failed = new FailedLogins();
        Fail(failed, "a", "1", at: 0);
        Assert.True(Fail(failed, "a", "2", at: 20));
        var wait = failed.Begin("a", "3", 2, 30 * Second);
        Assert.Equal(30 * Second, wait);
        Assert.NotNull(failed.Begin("a", "3", 2, 60 * Second - TimeSpan.FromTicks(1)));
        Assert.Null(failed.Begin("a", "3", 2, 60 * Second));
        Assert.Null(failed.Begin("b", "3", 2, 30 * Second));
    }

    [Fact]
    public void GuessesAllAtOnce_CountBeforeTheyHaveFailed_AndOneKeyCountsOnce()
    {
        var failed = new FailedLogins();
        Assert.Null(failed.Begin("a", "1", 2, Second));
        Assert.Null(failed.Begin("a", "2", 2, Second));
        Assert.NotNull(failed.Begin("a", "3", 2, Second));
        // The same key again is the same guess.
        Assert.Null(failed.Begin("a", "1", 2, Second));
        failed.End("a", "1", failed: false, 2, Second);
        Assert.NotNull(failed.Begin("a", "3", 2, Second));
        failed.End("a", "1", failed: false, 2, Second);
        Assert.Null(failed.Begin("a", "3", 2, Second));
    }

    [Fact]
    public void TheSameWrongKeyAgain_IsNoOtherGuess_UntilItsMinuteIsOver()
    {
        var failed = new FailedLogins();
        for (var i = 0; i < 50; i++) Assert.False(Fail(failed, "a", "1", at: i));
        Assert.True(Fail(failed, "a", "2", at: 50));
        // Where the address has to wait, that key waits as well.
        Assert.NotNull(failed.Begin("a", "1", 2, 51 * Second));
        Assert.Null(failed.Begin("a", "3", 2, 60 * Second));
        failed.End("a", "3", failed: true, 2, 60 * Second);
        Assert.NotNull(failed.Begin("a", "1", 2, 61 * Second));
    }

    [Fact]
    public void Addresses_AreBounded_AndThoseWhoseMinuteIsOverMakeRoom()
    {
        var failed = new FailedLogins(maxAddresses: 2);
        Fail(failed, "a", "1", at: 0);
        Fail(failed, "b", "1", at: 30);
        Assert.False(Fail(failed, "c", "1", at: 40));
        Assert.Null(failed.Begin("c", "2", 1, 41 * Second));
        Fail(failed, "d", "1", at: 61);
        Assert.NotNull(failed.Begin("d", "2", 1, 62 * Second));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("unknown", "unknown")]
    public void AnIPv6Client_IsCountedByItsNetwork(string address, string network) => Assert.Equal(network, ClientAddress.NetworkOf(address));

    private static bool Fail(FailedLogins failed, string address, string hash, int at)
    {
        failed.Begin(address, hash, 2, at * Second);
        return failed.End(address, hash, failed: true, 2, at * Second);
    }
}
