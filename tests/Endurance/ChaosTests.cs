using OrleansLlm.Bench.Endurance;

namespace OrleansLlm.Tests.Endurance;

/// <summary>The benchmark's chaos, shortened: all of its invariants, but not how soon all is well.</summary>
public class ChaosTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(25);

    [Theory]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(103)]
    public async Task WhateverFails_TheBooksOfAllSidesAgree(int seed)
    {
        using var chaos = new Chaos(seed, Duration, Runs.Chaos);
        await chaos.RunAsync(output.WriteLine);
        output.WriteLine(chaos.Findings.ToString());
        Assert.True(chaos.Findings.Hold, $"{chaos.Findings}\n{string.Join('\n', chaos.Books.Oddities)}");
    }

    [Fact]
    public async Task AClockThatIsSetByHours_IsNobodysBusiness()
    {
        using var jumps = new ClockJumps(seed: 101, TimeSpan.FromSeconds(15));
        await jumps.RunAsync();
        output.WriteLine(jumps.Findings.ToString());
        Assert.True(jumps.Findings.Hold, $"{jumps.Findings}\n{string.Join('\n', jumps.Books.Oddities)}");
    }

    [Fact]
    public void APlan_IsTheSameForTheSameSeed_AndKnowsEveryKind()
    {
        var plan = ChaosPlan.Of(7, TimeSpan.FromMinutes(2), 4, ChaosPlan.Everything);
        Assert.Equal(plan.Select(e => e with { Fault = null }), ChaosPlan.Of(7, TimeSpan.FromMinutes(2), 4, ChaosPlan.Everything).Select(e => e with { Fault = null }));
        Assert.NotEqual(plan.Select(e => e.Kind), ChaosPlan.Of(8, TimeSpan.FromMinutes(2), 4, ChaosPlan.Everything).Select(e => e.Kind));
        Assert.Equal(ChaosPlan.Everything, plan.Select(e => e.Kind).Distinct().Order());
        Assert.All(plan, e => Assert.True(e.At + e.For <= TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public void ASlope_IsThatOfTheLine()
    {
        var slope = Slope.Of([.. Enumerable.Range(0, 10).Select(i => ((double)i, 5 + (3.0 * i)))]);
        Assert.Equal((18.5, 3), (slope.Mean, Math.Round(slope.PerMinute, 9)));
        Assert.Equal(0, slope.Error, 9);
    }
}
