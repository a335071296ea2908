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
        Run(connection, "PRAGMA synchronous=NORMAL");
        // A new file's tables are made at once; rows that are there already may take minutes.
        var migrates = version > 0;
        for (; version < Steps.Length; version++)
        {
            if (migrates) logger?.Migrates(version + 1, Steps.Length);
            Run(connection, $"BEGIN IMMEDIATE; {Steps[(int)version]} PRAGMA application_id={ApplicationId}; PRAGMA user_version={version + 1}; COMMIT;");
        }
    }

    private static object? Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
