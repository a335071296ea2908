using OrleansLlm.Bench.Growth;

namespace OrleansLlm.Bench.Scale;

/// <summary>Ten silos, a thousand backends, and up to half as many streams again as they can take: what is full first, and what then. Simulated.</summary>
internal static class ScaleReport
{
    public static int Print(TextWriter to)
    {
        var (costs, setting) = (new ScaleCosts(), new ScaleSetting());
        Table(to, "streams wanted, no limit for all", [25_000, 50_000, 90_000, 100_000, 120_000], streams => setting with { Streams = streams }, costs);
        Table(to, "streams wanted, one limit for all", [25_000, 50_000, 90_000, 100_000, 120_000], streams => setting with { Streams = streams, LimitOfAll = true }, costs);
        Table(to, "cores of a silo, 90,000 streams", [6, 8, 10, 12], cores => setting with { Streams = 90_000, CoresPerSilo = cores }, costs);
        Table(to, "backends asked, one model, 90,000 streams", [0, 32, 100, 1000], asked => setting with { Streams = 90_000, Asked = asked, Seconds = 3 }, costs);
        Table(to, "seconds after a silo's death, 80,000 streams", [2, 6, 12, 20], after => setting with { Streams = 80_000, DeathAt = 1, Seconds = 1 + after }, costs);
        return 0;
    }

    private static void Table(TextWriter to, string corner, int[] sizes, Func<int, ScaleSetting> settingOf, ScaleCosts costs)
    {
        var table = new CurveTable(corner);
        foreach (var size in sizes)
        {
            var setting = settingOf(size);
            var run = new ScaleSimulation(costs, setting).Run();
            table.Size(size);
            table.Add("requests/s", setting.RequestsPerSecond);
            table.Add("streams open", run.Open);
            table.Add("requests waiting", run.Waiting);
            if (setting.DeathAt is not null) table.Add("streams lost", run.LostStreams);
            table.Add("cores used of a silo", run.CpuOfASilo);
            table.Add("to the backend's call p50, ms", run.Admitted.At(0.5));
            table.Add("to the backend's call p99, ms", run.Admitted.At(0.99));
            table.Add("a chunk p50, ms", run.Chunks.At(0.5));
            table.Add("a chunk p99, ms", run.Chunks.At(0.99));
            if (setting.LimitOfAll) table.Add("the grain for all is busy, %", run.BusyOfAll * 100);
            table.Add("rows that wait for the database", run.LedgerBacklog);
            if (run.LedgerBacklog > setting.RequestsPerSecond) table.Add("the spools are full after, s", costs.SpoolRowsPerSilo * setting.Silos / (run.LedgerBacklog / setting.Seconds));
        }

        table.Print(to);
        to.WriteLine();
    }
}
