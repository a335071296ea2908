using System.Globalization;

namespace OrleansLlm.Bench.Endurance;

/// <summary>The scenarios as they are called.</summary>
internal static class EnduranceBench
{
    private const double WarmShare = 0.6;

    /// <summary>How much each may rise a minute. Of a run of thirty minutes; shorter ones have not come to rest.</summary>
    private static readonly double[] Bounds = [1, 0.5, 1, 0.5, 3, 10];

    public static async Task<int> SoakAsync(TextWriter to, double minutes)
    {
        // Grains that are unused leave after 15 minutes: only then can their number stand still.
        var soak = new Soak(TimeSpan.FromMinutes(minutes), TimeSpan.FromMinutes(minutes * WarmShare));
        await soak.RunAsync(to);
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{soak.Sent} requests, {soak.Faults} faults, {soak.Reloads} reloads; after {minutes * WarmShare:F0} of {minutes:F0} minutes:"));
        foreach (var ((name, slope), bound) in soak.Slopes.Zip(Bounds))
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-36} mean {slope.Mean,8:F1}, slope {slope.PerMinute,7:F3} ± {slope.Error:F3} a minute (bound {bound})"));
            soak.Findings.Add(slope.PerMinute <= bound, $"{name} is flat");
        }

        to.WriteLine($"\n{soak.Findings}");
        foreach (var odd in soak.Books.Oddities) to.WriteLine(odd);
        await File.WriteAllTextAsync("soak.json", soak.Json());
        return soak.Findings.Hold ? 0 : 1;
    }

    /// <param name="seeds">How many runs, each with the next seed.</param>
    public static async Task<int> ChaosAsync(TextWriter to, int seed, double minutes, int seeds)
    {
        var held = true;
        for (var last = seed + seeds; seed < last; seed++)
        {
            using var chaos = new Chaos(seed, TimeSpan.FromMinutes(minutes), ChaosPlan.Everything);
            to.WriteLine($"seed {seed}: {chaos.Plan.Count} events");
            await chaos.RunAsync(to.WriteLine);
            to.WriteLine($"{chaos.Writes} acknowledged writes, {chaos.FailedStarts} starts came to nothing{(chaos.StoreCouldBeFull ? "" : "; no file system could be mounted here, so that the store was never full")}");
            chaos.Findings.Add(chaos.WellAfter < Chaos.SoonWell, "and that is soon enough");
            to.WriteLine(chaos.Findings);
            foreach (var odd in chaos.Books.Oddities) to.WriteLine(odd);
            to.WriteLine();
            using var jumps = new ClockJumps(seed, TimeSpan.FromMinutes(minutes) / 3);
            await jumps.RunAsync();
            to.WriteLine($"{jumps.Findings}");
            foreach (var odd in jumps.Books.Oddities) to.WriteLine(odd);
            to.WriteLine();
            held &= chaos.Findings.Hold && jumps.Findings.Hold;
        }

        return held ? 0 : 1;
    }
}
