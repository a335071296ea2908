using OrleansLlm.Bench.Gateways;
using OrleansLlm.Bench.Report;

namespace OrleansLlm.Bench.Scenarios;

/// <summary>Measures its loads on every target in turn, round by round, so that what the machine does besides hits all of them.</summary>
internal static class LoadScenario
{
    private const string Direct = "direct", Nginx = "nginx";

    public static async IAsyncEnumerable<CellReport> RunAsync(Scenario scenario, Setting run)
    {
        var (options, upstream) = (run.Options, run.Upstream);
        var cells = scenario.Cells.Where(c => c.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase)).ToList();
        if (cells.Count == 0) yield break;
        var oneSlot = cells.Any(c => c.Shape.OneSlot);
        var targets = new List<Target> { upstream.Direct() };
        try
        {
            foreach (var kind in run.Kinds.Where(k => k.Queues || !oneSlot)) targets.Add(await run.StartAsync(kind));
            var started = targets.Count;
            targets.AddRange(run.Others);
            run.Progress.WriteLine($"{scenario.Name}: warming up {string.Join(", ", targets.Select(t => t.Name))}");
            if (options.WarmUp > TimeSpan.Zero)
            {
                foreach (var target in targets.Skip(1))
                {
                    foreach (var cell in scenario.WarmUp) await Window.MeasureAsync(target, cell, options.WarmUp / 2, upstream);
                }
            }

            foreach (var cell in cells) yield return await RunAsync(scenario, cell, targets, run);
            targets.RemoveRange(started, run.Others.Count);
        }
        finally
        {
            foreach (var target in targets.Except(run.Others)) await target.DisposeAsync();
        }
    }

    private static async Task<CellReport> RunAsync(Scenario scenario, Cell cell, List<Target> targets, Setting run)
    {
        var seen = targets.ToDictionary(t => t.Name, _ => new List<Measured>());
        for (var round = 0; round < run.Options.Rounds; round++)
        {
            run.Progress.WriteLine($"{scenario.Name}: {cell.Name}, round {round + 1} of {run.Options.Rounds}");
            // Another one begins each time: the first of a round may find the machine in another state than the last.
            for (var i = 0; i < targets.Count; i++)
            {
                var target = targets[(i + round) % targets.Count];
                seen[target.Name].Add(await Window.MeasureAsync(target, cell, run.Options.Length, run.Upstream));
            }

            foreach (var target in targets.Where(t => t.Name != Direct)) seen[target.Name][^1].Compare(seen[Direct][^1], target.Name == Nginx ? null : seen.GetValueOrDefault(Nginx)?[^1]);
        }

        return new CellReport(scenario.Name, cell.Name, [.. targets.Select(t => TargetReport.Of(t.Name, seen[t.Name]))]);
    }
}
