using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using OrleansLlm.Ledger.Writing;

namespace OrleansLlm.Ledger.Storage;

/// <summary>The tables of a ledger file, and the steps from one version of them to the next: append only.</summary>
internal static class SqliteSchema
{
    // "ORLC", so that another program's database is not taken for ours.
    private const int ApplicationId = 0x4F524C43;

    /// <summary>Step n leads from version n to n + 1.</summary>
    private static ImmutableArray<string> Steps { get; } =
    [
        """
        CREATE TABLE ledger (request_id TEXT NOT NULL PRIMARY KEY, time TEXT NOT NULL, key_hash TEXT, key_alias TEXT, user_id TEXT NOT NULL, team_id TEXT,
                             model TEXT NOT NULL, model_group TEXT, upstream_model TEXT, deployment_id TEXT, backend TEXT,
                             prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, estimated INTEGER NOT NULL, cost REAL,
                             latency_ms REAL NOT NULL, first_token_ms REAL, queue_ms REAL NOT NULL, status TEXT NOT NULL, cache_hit INTEGER NOT NULL,
                             retries INTEGER NOT NULL, fallbacks INTEGER NOT NULL, stream INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX ledger_by_time ON ledger (time);
        CREATE VIEW litellm_request_logs AS SELECT *, prompt_tokens + completion_tokens AS total_tokens FROM ledger;
        """,
        // A key may ask for its own rows, as often as it likes.
        "CREATE INDEX ledger_by_key ON ledger (key_hash, time);",
        // Rows in the order in which they came, which fills the file from its end and keeps the indexes small; sums of days beside them, so that what a
        // page asks for does not grow with the rows. What was there moves over afterwards, see SqliteMove.
        $"""
        DROP VIEW litellm_request_logs;
        DROP INDEX ledger_by_key;
        ALTER TABLE ledger RENAME TO {SqliteMove.From};
        CREATE TABLE ledger (id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL UNIQUE, time TEXT NOT NULL, key_hash TEXT, key_alias TEXT,
                             user_id TEXT NOT NULL, team_id TEXT, model TEXT NOT NULL, model_group TEXT, upstream_model TEXT, deployment_id TEXT, backend TEXT,
                             prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, estimated INTEGER NOT NULL, cost REAL,
                             latency_ms REAL NOT NULL, first_token_ms REAL, queue_ms REAL NOT NULL, status TEXT NOT NULL, cache_hit INTEGER NOT NULL,
                             retries INTEGER NOT NULL, fallbacks INTEGER NOT NULL, stream INTEGER NOT NULL);
        CREATE INDEX ledger_of_time ON ledger (time);
        CREATE INDEX ledger_of_key ON ledger (key_hash, time) WHERE key_hash IS NOT NULL;
        CREATE INDEX ledger_of_user ON ledger (user_id, time);
        CREATE INDEX ledger_of_team ON ledger (team_id, time) WHERE team_id IS NOT NULL;
        CREATE INDEX ledger_of_model ON ledger (model, time);
        CREATE VIEW litellm_request_logs AS SELECT {LedgerSql.ColumnList}, prompt_tokens + completion_tokens AS total_tokens FROM ledger;
        CREATE TABLE ledger_name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE ledger_sum (dimension INTEGER NOT NULL, name INTEGER NOT NULL, day TEXT NOT NULL, {SumColumns.UntilVersion4.Types}, PRIMARY KEY (dimension, name, day)) WITHOUT ROWID;
        CREATE TABLE ledger_day (day TEXT NOT NULL, key_hash INTEGER NOT NULL, user_id INTEGER NOT NULL, model INTEGER NOT NULL, team_id INTEGER NOT NULL, {SumColumns.UntilVersion4.Types},
                                 PRIMARY KEY (day, key_hash, user_id, model, team_id)) WITHOUT ROWID;
        CREATE TABLE ledger_summed (upto INTEGER NOT NULL);
        INSERT INTO ledger_summed VALUES (0);
        """,
        // Sums of months as well: a year by key or user is a quarter of the lines. In the order of months, so that some days of one need not look at all others.
        $"""
        CREATE TABLE ledger_span (dimension INTEGER NOT NULL, month TEXT NOT NULL, name INTEGER NOT NULL, day TEXT NOT NULL, {SumColumns.UntilVersion4.Types},
                                  PRIMARY KEY (dimension, month, name, day)) WITHOUT ROWID;
        INSERT INTO ledger_span SELECT dimension, substr(day, 1, 7), name, day, {SumColumns.UntilVersion4.Names} FROM ledger_sum ORDER BY 1, 2, 3, 4;
        INSERT INTO ledger_span SELECT dimension, '', name, substr(day, 1, 7), {SumColumns.UntilVersion4.OfSums} FROM ledger_sum GROUP BY 1, 2, 3, 4;
        DROP TABLE ledger_sum;
        """,
        // Whose client has left has not failed.
        $"ALTER TABLE ledger_day ADD COLUMN {SumColumns.OfVersion5}; ALTER TABLE ledger_span ADD COLUMN {SumColumns.OfVersion5};",
    ];

    public static void Complete(SqliteConnection connection, string path, ILogger? logger)
    {
        var version = (long)Run(connection, "PRAGMA user_version")!;
        if ((long)Run(connection, "SELECT count(*) FROM sqlite_master")! > 0 && (long)Run(connection, "PRAGMA application_id")! != ApplicationId)
        {
            throw new InvalidOperationException($"The file '{path}' is a SQLite database of another program, not a ledger.");
        }

        if (version > Steps.Length)
        {
            throw new InvalidOperationException($"The ledger '{path}' has schema version {version}; this program knows versions up to {Steps.Length}.");
        }

        Run(connection, "PRAGMA journal_mode=WAL");
        // A new file's tables are made at once; rows that are there already may take minutes.
        var migrates = version > 0;
        for (; version < Steps.Length; version++)
        {
            if (migrates) logger?.Migrates(version + 1, Steps.Length);
            Run(connection, $"BEGIN IMMEDIATE; {Steps[(int)version]} PRAGMA application_id={ApplicationId}; PRAGMA user_version={version + 1}; COMMIT;");
        }
    }

    public static object? Run(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
