using System.Diagnostics;
using OrleansLlm.Bench.Gateways;
using OrleansLlm.Bench.Report;

namespace OrleansLlm.Bench.Scenarios;

/// <summary>A gateway that has answered once and is then left alone.</summary>
internal static class IdleScenario
{
    public static async Task<CellReport> RunAsync(Setting run)
    {
        var (time, length, targets) = (TimeProvider.System, run.Options.Idle, new List<TargetReport>());
        foreach (var kind in run.Kinds)
        {
            await using var target = await run.StartAsync(kind);
            run.Progress.WriteLine($"idle: {kind.Name} for {length.TotalSeconds} s and as long again");
            // What a start leaves to be done later is not idleness.
            await Task.Delay(length, time);
            var (cpu, began) = (ProcessFigures.Cpu(target.Processes), time.GetTimestamp());
            await Task.Delay(length, time);
            var measured = new Measured();
            measured.Set(Figure.IdleCpu, 100 * (ProcessFigures.Cpu(target.Processes) - cpu).TotalSeconds / time.GetElapsedTime(began).TotalSeconds);
            measured.Set(Figure.Memory, ProcessFigures.Resident(target.Processes) / 1e6);
            measured.Set(Figure.Threads, target.Processes.Sum(Threads));
            targets.Add(TargetReport.Of(kind.Name, [measured]));
        }

        return new CellReport("idle", "after one answer", targets);
    }

    private static int Threads(int id)
    {
        using var process = Process.GetProcessById(id);
        return process.Threads.Count;
    }
}
