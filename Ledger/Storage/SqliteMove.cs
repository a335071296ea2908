using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using OrleansLlm.Ledger.Writing;

namespace OrleansLlm.Ledger.Storage;

/// <summary>
/// Moves the rows of a file of version 2 or older to where they are kept now, the oldest first, some at a time: broken off, it goes on where it was.
/// </summary>
internal static class SqliteMove
{
    /// <summary>The table that they are in until then.</summary>
    public const string From = "ledger_before_3";

    private const int AtOnce = 50_000;

    public static void Complete(SqliteConnection connection, SqliteSums sums, ILogger? logger, CancellationToken cancellationToken)
    {
        if (Ask(connection, $"SELECT count(*) FROM sqlite_master WHERE name = '{From}'") is 0L) return;
        var all = (long)Ask(connection, $"SELECT count(*) FROM {From}")!;
        for (var moved = 0L; ; )
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Those of one moment go together.
            var last = Ask(connection, $"SELECT time FROM {From} ORDER BY time LIMIT 1 OFFSET {AtOnce - 1}") ?? Ask(connection, $"SELECT max(time) FROM {From}");
            if (last is not string until) break;
            using var transaction = connection.BeginTransaction();
            using var move = connection.CreateCommand();
            move.Transaction = transaction;
            move.CommandText = $"INSERT INTO ledger ({LedgerSql.ColumnList}) SELECT {LedgerSql.ColumnList} FROM {From} WHERE time <= $until ORDER BY time ON CONFLICT DO NOTHING";
            move.Parameters.AddWithValue("$until", until);
            move.ExecuteNonQuery();
            move.CommandText = $"DELETE FROM {From} WHERE time <= $until";
            moved += move.ExecuteNonQuery();
            sums.Add(transaction);
            transaction.Commit();
            sums.Waiting = 0;
            logger?.Moves(moved, all);
        }

        Ask(connection, $"DROP TABLE {From}");
    }

    private static object? Ask(SqliteConnection connection, string sql) => SqliteSchema.Run(connection, sql) is var answer and not DBNull ? answer : null;
}
