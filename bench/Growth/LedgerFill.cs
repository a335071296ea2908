using System.Globalization;
using Microsoft.Data.Sqlite;
using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Bench.Growth;

/// <summary>
/// Fills a ledger file as fast as SQLite can: the rows are made within it, the indexes afterwards, and the sums at once by the ledger's own statements. What
/// comes out is what the same rows would have become one by one.
/// </summary>
internal static class LedgerFill
{
    public static async Task RunAsync(string path, LedgerRows rows, int count)
    {
        await using (var empty = new SqliteLedger(path)) await empty.OpenAsync(default);
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Run("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-2000000; PRAGMA temp_store=MEMORY; CREATE TEMP TABLE who (id INTEGER PRIMARY KEY, hash TEXT, user TEXT, team TEXT)");
        Run("BEGIN");
        using (var add = connection.CreateCommand())
        {
            add.CommandText = "INSERT INTO who VALUES ($id, $hash, $user, $team)";
            foreach (var name in (string[])["$id", "$hash", "$user", "$team"]) add.Parameters.Add(new SqliteParameter { ParameterName = name });
            for (var key = 0; key < LedgerRows.Keys; key++)
            {
                (add.Parameters[0].Value, add.Parameters[1].Value, add.Parameters[2].Value, add.Parameters[3].Value) = (key, rows.KeyOf(key), rows.UserOf(key), (object?)rows.TeamOf(key) ?? DBNull.Value);
                add.ExecuteNonQuery();
            }
        }

        Run("COMMIT");
        var indexes = new List<(string Name, string Sql)>();
        using (var ask = connection.CreateCommand())
        {
            ask.CommandText = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'ledger' AND sql IS NOT NULL";
            using var reader = ask.ExecuteReader();
            while (reader.Read()) indexes.Add((reader.GetString(0), reader.GetString(1)));
        }

        foreach (var (name, _) in indexes) Run($"DROP INDEX {name}");
        var from = rows.Start.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        // A multiplicative hash of the number stands for chance.
        Run($"""
            INSERT INTO ledger ({LedgerSql.ColumnList})
            WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {count - 1}),
              drawn AS (SELECT i, (i * 2654435761) % 4294967296 AS r FROM numbers)
            SELECT printf('req-%012x%08x%012x', CAST(({from} + i * {rows.Days * 86400.0 / count:R}) * 1000 AS INTEGER), r, i), strftime('%Y-%m-%d %H:%M:%f', {from} + i * {rows.Days * 86400.0 / count:R}, 'unixepoch'), hash, 'key-' || id, user, team, 'model-' || ((r >> 7) % 4 * ((r >> 9) % 3)), 'chat',
              'ollama_chat/qwen2.5:0.5b', '0a1b2c3d', 'http://ollama-1:11434', 100 + (r >> 3) % 256, 10 + (r >> 5) % 256, 0, (100 + (r >> 3) % 256) * 1e-6, 500 + (r >> 11) % 256, 50 + (r >> 13) % 256,
              max(0, (r >> 15) % 256 - 200), CASE WHEN (r >> 17) % 32 = 0 THEN 'cancelled' ELSE 'success' END, 0, 0, 0, r % 2
            FROM drawn CROSS JOIN who ON who.id = CAST((r / 4294967296.0) * (r / 4294967296.0) * (r / 4294967296.0) * {LedgerRows.Keys - 1} AS INTEGER)
            """);
        foreach (var (_, sql) in indexes) Run(sql);
        using var sums = new SqliteSums(connection);
        using var transaction = connection.BeginTransaction();
        sums.Add(transaction);
        transaction.Commit();

        void Run(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandTimeout = 0;
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
