using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansLlm.Ledger.Writing;

namespace OrleansLlm.Ledger.Storage;

/// <summary>
/// The tables, in a schema of their own, and the steps from one version of them to the next: append only. Several nodes may start at once.
/// </summary>
internal static class PostgresSchema
{
    public const string ColumnTypes = """
        request_id text, time timestamptz, key_hash text, key_alias text, user_id text, team_id text, model text, model_group text, upstream_model text,
        deployment_id text, backend text, prompt_tokens bigint, completion_tokens bigint, estimated boolean, cost double precision, latency_ms double precision,
        first_token_ms double precision, queue_ms double precision, status text, cache_hit boolean, retries integer, fallbacks integer, stream boolean
        """;

    /// <summary>Of a row, in UTC.</summary>
    public const string Day = "to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD')";

    /// <summary>A name that is stored for nobody is empty.</summary>
    public static LedgerSums Sums { get; } = new("orleansllm.", "''", false, name => $"nullif({name}, '')", parameter => parameter);

    /// <summary>Of the advisory lock under which the schema is changed.</summary>
    private const long LockKey = 0x4F524C43;

    /// <summary>Step n leads from version n to n + 1. The view has the name under which LiteLLM's users look for it; one that exists is left alone.</summary>
    private static ImmutableArray<string> Steps { get; } =
    [
        $"""
        CREATE TABLE orleansllm.ledger ({ColumnTypes}, PRIMARY KEY (request_id));
        CREATE INDEX ledger_by_time ON orleansllm.ledger (time);
        DO $do$ BEGIN
          IF to_regclass('public.litellm_request_logs') IS NULL THEN
            CREATE VIEW public.litellm_request_logs AS SELECT *, prompt_tokens + completion_tokens AS total_tokens FROM orleansllm.ledger;
          END IF;
        END $do$;
        """,
        // A key may ask for its own rows, as often as it likes.
        "CREATE INDEX ledger_by_key ON orleansllm.ledger (key_hash, time);",
        // Sums of days beside the rows, so that what a page asks for does not grow with them.
        $"""
        CREATE INDEX ledger_by_user ON orleansllm.ledger (user_id, time);
        CREATE INDEX ledger_by_team ON orleansllm.ledger (team_id, time) WHERE team_id IS NOT NULL;
        CREATE INDEX ledger_by_model ON orleansllm.ledger (model, time);
        CREATE TABLE orleansllm.ledger_day (day text NOT NULL, key_hash text NOT NULL, user_id text NOT NULL, model text NOT NULL, team_id text NOT NULL, {SumColumns.UntilVersion4.Types},
                                            PRIMARY KEY (day, key_hash, user_id, model, team_id));
        {Combinations("orleansllm.ledger", SumColumns.UntilVersion4)} {Sums.AddDays("combinations", SumColumns.UntilVersion4)};
        """,
        // Sums of months as well, see SqliteSchema, and apart from those of days: a year reads nearly all of them, and would read all the others besides. Version 3 had those of days in another table.
        $"""
        CREATE TABLE orleansllm.ledger_span (dimension smallint NOT NULL, month text NOT NULL, name text NOT NULL, day text NOT NULL, {SumColumns.UntilVersion4.Types}, PRIMARY KEY (dimension, month, name, day)) PARTITION BY LIST (month);
        CREATE TABLE orleansllm.ledger_months PARTITION OF orleansllm.ledger_span FOR VALUES IN ('');
        CREATE TABLE orleansllm.ledger_days PARTITION OF orleansllm.ledger_span DEFAULT;
        {Sums.AddSpans("orleansllm.ledger_day", SumColumns.UntilVersion4)};
        DROP TABLE IF EXISTS orleansllm.ledger_sum;
        """,
        // Whose client has left has not failed.
        // It may be there: whoever goes back to an older program takes the number of the version back, and leaves the columns (docs/operations.md).
        $"ALTER TABLE orleansllm.ledger_day ADD COLUMN IF NOT EXISTS {SumColumns.OfVersion5}; ALTER TABLE orleansllm.ledger_span ADD COLUMN IF NOT EXISTS {SumColumns.OfVersion5};",
    ];

    /// <summary>Adds rows to the sums.</summary>
    /// <param name="rows">The name of what a query in front of this one has stored.</param>
    /// <param name="first">That query.</param>
    public static string AddUp(string rows, string first) => $"""
        {Combinations(rows, SumColumns.Now, first)},
        added AS ({Sums.AddDays("combinations", SumColumns.Now)})
        {Sums.AddSpans("combinations", SumColumns.Now)}
        """;

    private static string Combinations(string rows, SumColumns columns, string first = "") => $"""
        WITH {first}combinations AS (
          SELECT {Day} AS day, coalesce(key_hash, '') AS key_hash, coalesce(user_id, '') AS user_id, coalesce(model, '') AS model, coalesce(team_id, '') AS team_id, {columns.OfRows}
          FROM {rows} GROUP BY 1, 2, 3, 4, 5)
        """;

    public static async Task CompleteAsync(NpgsqlConnection connection, ILogger? logger, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync($"SELECT pg_advisory_xact_lock({LockKey})");
        await RunAsync("CREATE SCHEMA IF NOT EXISTS orleansllm; CREATE TABLE IF NOT EXISTS orleansllm.ledger_version (version integer NOT NULL)");
        var version = Convert.ToInt32(await RunAsync("SELECT coalesce(max(version), 0) FROM orleansllm.ledger_version"), CultureInfo.InvariantCulture);
        if (version > Steps.Length)
        {
            throw new InvalidOperationException($"The ledger's database has schema version {version}; this program knows versions up to {Steps.Length}.");
        }

        // New tables are made at once; rows that are there already may take minutes.
        var migrates = version > 0;
        for (; version < Steps.Length; version++)
        {
            if (migrates) logger?.Migrates(version + 1, Steps.Length);
            await RunAsync($"{Steps[version]} INSERT INTO orleansllm.ledger_version VALUES ({version + 1})");
        }

        await transaction.CommitAsync(cancellationToken);

        async Task<object?> RunAsync(string sql)
        {
            // Hours, if it takes them: a step that is given up is begun anew, for ever, while no row can be stored.
            await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = 6 * 3600 };
            return await command.ExecuteScalarAsync(cancellationToken);
        }
    }
}
