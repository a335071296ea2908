using System.Diagnostics;
using Npgsql;
using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Bench.Growth;

/// <summary>The questions of <see cref="LedgerGrowth"/> to a PostgreSQL that has no ledger yet; its tables are dropped afterwards. Every row goes through the ledger's store.</summary>
internal static class PostgresGrowth
{
    private const int Batch = 5000;
    private const int Rounds = 3;

    public static async Task RunAsync(TextWriter to, string connectionString, int most)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        if (await AskAsync("SELECT to_regnamespace('orleansllm') IS NOT NULL") is true) throw new InvalidOperationException("There is a ledger in this database: the study wants an empty one.");
        await CurveTable.GrowAsync(to, "ledger rows, PostgreSQL", 10_000, most, async (table, rows) =>
        {
            var made = new LedgerRows(rows, LedgerGrowth.Days);
            await using (var ledger = new PostgresLedger(connectionString))
            {
                await ledger.OpenAsync(default);
                var began = Stopwatch.GetTimestamp();
                foreach (var batch in Enumerable.Range(0, rows).Chunk(Batch)) await ledger.InsertAsync([.. batch.Select(made.Row)], default);
                table.Add("store a row, us", Stopwatch.GetElapsedTime(began).TotalMicroseconds / rows);
                await AskAsync("VACUUM ANALYZE");
                table.Add("database, MB", (long)(await AskAsync("SELECT pg_database_size(current_database())"))! / 1e6);
                foreach (var (name, ask) in LedgerGrowth.Questions(ledger, made))
                {
                    var best = double.MaxValue;
                    for (var round = 0; round < Rounds; round++)
                    {
                        began = Stopwatch.GetTimestamp();
                        await ask();
                        best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                    }

                    table.Add($"{name}, ms", best);
                }
            }

            await AskAsync("DROP SCHEMA orleansllm CASCADE");
        });

        async Task<object?> AskAsync(string sql)
        {
            await using var command = source.CreateCommand(sql);
            command.CommandTimeout = 0;
            return await command.ExecuteScalarAsync();
        }
    }
}
