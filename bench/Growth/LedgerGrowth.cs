using System.Diagnostics;
using OrleansLlm.Ledger;
using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Bench.Growth;

/// <summary>
/// A ledger file with more and more rows of a year, from 100,000 keys: what a row costs to store, and how long each question takes that the pages
/// and the routes ask, the best of three. The rows are made within SQLite (<see cref="LedgerFill"/>); those whose cost is measured go through the ledger's store.
/// </summary>
internal static class LedgerGrowth
{
    private const int Batch = 500;
    public const int Days = 365;
    private const int Rounds = 3;

    /// <summary>Rows that come after the file is filled.</summary>
    private const int Stored = 10_000;

    /// <summary>The page of requests asks for so many.</summary>
    private const int Window = 1000;

    public static Task RunAsync(TextWriter to, int most) => CurveTable.GrowAsync(to, "ledger rows", 10_000, most, (table, rows) => Load.WithFolderAsync(folder => MeasureAsync(table, Path.Combine(folder, "ledger.db"), rows)));

    private static async Task MeasureAsync(CurveTable table, string path, int rows)
    {
        var made = new LedgerRows(rows, Days);
        await LedgerFill.RunAsync(path, made, rows);
        await using var ledger = new SqliteLedger(path);
        await ledger.OpenAsync(default);
        var batches = Enumerable.Range(rows, Stored).Select(made.Row).Chunk(Batch).ToList();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        foreach (var batch in batches) await ledger.InsertAsync(batch, default);
        table.Add("store a row, CPU us", (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds / Stored);

        var cpuOfOne = Process.GetCurrentProcess().TotalProcessorTime;
        for (var i = 0; i < 1000; i++) await ledger.InsertAsync([made.Row(rows + Stored + i)], default);
        table.Add("store a row alone, CPU us", (Process.GetCurrentProcess().TotalProcessorTime - cpuOfOne).TotalMicroseconds / 1000);
        table.Add("file, MB", new DirectoryInfo(Path.GetDirectoryName(path)!).GetFiles().Sum(f => f.Length) / 1e6);
        table.Add("file, bytes a row", new DirectoryInfo(Path.GetDirectoryName(path)!).GetFiles().Sum(f => f.Length) / (double)rows);

        foreach (var (name, ask) in Questions(ledger, made))
        {
            var (best, least) = (double.MaxValue, double.MaxValue);
            for (var round = 0; round < Rounds; round++)
            {
                var (began, busy) = (Stopwatch.GetTimestamp(), Process.GetCurrentProcess().TotalProcessorTime);
                await ask();
                best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                least = Math.Min(least, (Process.GetCurrentProcess().TotalProcessorTime - busy).TotalMilliseconds);
            }

            table.Add($"{name}, ms", best);
            table.Add($"{name}, CPU ms", least);
        }
    }

    public static IEnumerable<(string Name, Func<Task> Ask)> Questions(ILedgerReader ledger, LedgerRows rows)
    {
        foreach (var days in (int[])[30, Days])
        {
            var from = rows.Today.AddDays(1 - days);
            foreach (var by in Enum.GetValues<LedgerGrouping>())
            {
                yield return ($"usage by {by.ToString().ToLowerInvariant()}, {days} days", () => ledger.SumAsync(new LedgerQuery { From = from, Most = 500 }, by));
            }

            yield return ($"usage of the busiest key by model, {days} days", () => ledger.SumAsync(new LedgerQuery { KeyHash = rows.KeyOf(0), From = from }, LedgerGrouping.Model));
            yield return ($"/spend/logs summed, a key, {days} days", () => ledger.SumDaysAsync(new LedgerQuery { KeyHash = rows.KeyOf(0), From = from }, 100_001));
            yield return ($"report: a team by model, {days} days", () => ledger.SumAsync(new LedgerQuery { TeamId = rows.TeamOf(3), From = from }, LedgerGrouping.Model));
            yield return ($"report: a user and a model by day, {days} days", () => ledger.SumAsync(new LedgerQuery { UserId = rows.UserOf(1), Model = rows.ModelOf(0), From = from }, LedgerGrouping.Day));
        }

        yield return ("/spend/logs summed, everybody, one day", () => ledger.SumDaysAsync(new LedgerQuery { From = rows.Today.AddDays(-1), Until = rows.Today }, 100_001));
        yield return ("/spend/logs summed, everybody, a year (too many: refused)", () => ledger.SumDaysAsync(new LedgerQuery { From = rows.Today.AddDays(1 - Days) }, 100_001));
        yield return ("/key/info, all time", () => ledger.SumAsync(new LedgerQuery { KeyHash = rows.KeyOf(0) }, LedgerGrouping.Day));
        yield return ("/user/info, all time", () => ledger.SumAsync(new LedgerQuery { UserId = rows.UserOf(1) }, LedgerGrouping.Day));
        yield return ("/team/info, all time", () => ledger.SumAsync(new LedgerQuery { TeamId = rows.TeamOf(3) }, LedgerGrouping.Day));
        yield return ("page of requests", () => ledger.FindAsync(new LedgerQuery { Most = Window }));
        yield return ("page of requests of a key", () => ledger.FindAsync(new LedgerQuery { KeyHash = rows.KeyOf(0), Most = Window }));
        yield return ("one request", () => ledger.FindAsync(new LedgerQuery { RequestId = rows.Row(5).RequestId, Most = 1 }));
        yield return ("/spend/logs of a rare key", () => ledger.FindAsync(new LedgerQuery { KeyHash = rows.KeyOf(99_999) }));
        yield return ("/spend/logs of a user", () => ledger.FindAsync(new LedgerQuery { UserId = rows.UserOf(1) }));
        yield return ("/spend/logs of a team", () => ledger.FindAsync(new LedgerQuery { TeamId = rows.TeamOf(3) }));
        yield return ("/spend/logs of a model", () => ledger.FindAsync(new LedgerQuery { Model = rows.ModelOf(0) }));
        yield return ("/spend/logs of a model that is not there", () => ledger.FindAsync(new LedgerQuery { Model = "none" }));
        yield return ("report by key, of hours (from the rows)", () => ledger.SumAsync(new LedgerQuery { From = rows.Today.AddHours(-13), Until = rows.Today.AddHours(-1) }, LedgerGrouping.Key));
    }
}
