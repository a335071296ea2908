using OrleansLlm.Bench.Endurance;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace OrleansLlm.Tests.Endurance;

/// <summary>
/// The benchmark's soak, shortened. What is exact is asked for exactly; what grows is judged by the request, and so generously that only what
/// nearly every request leaves behind is found. The flatness itself is the benchmark's to show.
/// </summary>
public class SoakTests(ITestOutputHelper output)
{
    /// <summary>What each of <see cref="Vitals.Watched"/> may grow after the warm-up: at all, and for each request.</summary>
    private static readonly (double AtAll, double PerRequest)[] MayGrow = [(250, 0.02), (150, 0.01), (400, 0.3), (100, 0.02), (400, 0.3), (400, 0.5)];

    [Fact]
    public async Task MixedTraffic_WithFaultsLeaversAndReloads_LeavesNothingBehind()
    {
        var warmUp = Runs.Soak / 3;
        var soak = new Soak(Runs.Soak, warmUp);
        using var said = new StringWriter();
        await soak.RunAsync(said);
        output.WriteLine($"{said}\n{soak.Findings}\n{string.Join('\n', soak.Books.Oddities)}");
        Assert.True(soak.Findings.Hold, $"{soak.Findings}\n{string.Join('\n', soak.Books.Oddities)}");
        Assert.All(soak.Books.Counts.GroupBy(c => c.Key.Door), door => Assert.Contains(door, c => c.Key.Verdict == Verdict.Whole));
        foreach (var ((name, slope), (atAll, perRequest)) in soak.Slopes.Zip(MayGrow))
        {
            var grown = slope.PerMinute * (Runs.Soak - warmUp).TotalMinutes;
            var most = atAll + (perRequest * soak.SentSinceWarm);
            Assert.True(grown <= most, $"{name}: {grown:F1} more after {soak.SentSinceWarm} requests, of {most:F1} at most");
        }
    }
}
