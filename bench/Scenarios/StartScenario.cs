using OrleansLlm.Bench.Gateways;
using OrleansLlm.Bench.Report;

namespace OrleansLlm.Bench.Scenarios;

/// <summary>From the start of the process, in an empty folder, to the end of its first answer.</summary>
internal static class StartScenario
{
    public static async Task<CellReport> RunAsync(Setting run)
    {
        var seen = run.Kinds.ToDictionary(k => k.Name, _ => new List<Measured>());
        for (var round = 0; round < run.Options.Rounds; round++)
        {
            run.Progress.WriteLine($"start: round {round + 1} of {run.Options.Rounds}");
            foreach (var kind in run.Kinds)
            {
                var began = TimeProvider.System.GetTimestamp();
                var launched = run.Launch(kind);
                await using var process = launched.Process;
                await FirstAnswer.WaitAsync(launched);
                var took = TimeProvider.System.GetElapsedTime(began);
                var measured = new Measured();
                measured.Set(Figure.Start, took.TotalMilliseconds);
                measured.Set(Figure.Memory, ProcessFigures.Resident(ProcessFigures.WithChildren(process.Id)) / 1e6);
                seen[kind.Name].Add(measured);
            }
        }

        return new CellReport("start", "first answer", [.. run.Kinds.Select(k => TargetReport.Of(k.Name, seen[k.Name]))]);
    }
}
