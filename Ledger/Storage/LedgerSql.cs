using System.Collections.Immutable;
using System.Data.Common;

namespace OrleansLlm.Ledger.Storage;

/// <summary>Questions in the SQL that both databases understand.</summary>
/// <param name="Table">The table of rows.</param>
/// <param name="Day">The expression for the UTC day of a row.</param>
/// <param name="Time">A moment as the database wants it.</param>
internal sealed record LedgerSql(string Table, string Day, Func<DateTimeOffset, object> Time)
{
    public static ImmutableArray<string> Columns { get; } =
    [
        "request_id", "time", "key_hash", "key_alias", "user_id", "team_id", "model", "model_group", "upstream_model", "deployment_id", "backend",
        "prompt_tokens", "completion_tokens", "estimated", "cost", "latency_ms", "first_token_ms", "queue_ms", "status", "cache_hit", "retries", "fallbacks", "stream",
    ];

    public static string ColumnList { get; } = string.Join(", ", Columns);

    public async Task<IReadOnlyList<LedgerRow>> FindAsync(DbConnection connection, LedgerQuery query, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, query, $"SELECT {ColumnList} FROM {Table}", "ORDER BY time DESC, request_id");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<LedgerRow>();
        while (await reader.ReadAsync(cancellationToken)) rows.Add(Row(reader));
        return rows;
    }

    public async Task<IReadOnlyList<LedgerSum>> SumAsync(DbConnection connection, LedgerQuery query, LedgerGrouping by, CancellationToken cancellationToken)
    {
        var name = by switch
        {
            LedgerGrouping.Day => Day,
            LedgerGrouping.Key => "key_hash",
            LedgerGrouping.User => "user_id",
            LedgerGrouping.Team => "team_id",
            _ => "model",
        };
        const string Sums =
            "count(*), count(CASE WHEN status = 'success' THEN 1 END), sum(prompt_tokens), sum(completion_tokens), sum(cost), "
            + "avg(CASE WHEN status = 'success' THEN latency_ms END), avg(first_token_ms), count(CASE WHEN status = 'cancelled' THEN 1 END)";
        await using var command = Command(
            connection, query, $"SELECT {name}, {Sums} FROM {Table}", $"GROUP BY 1 ORDER BY {(by == LedgerGrouping.Day ? "1" : "coalesce(sum(cost), 0) DESC, 2 DESC, 1")}");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var sums = new List<LedgerSum>();
        while (await reader.ReadAsync(cancellationToken))
        {
            sums.Add(new LedgerSum(
                Text(reader, 0), reader.GetInt64(1), reader.GetInt64(2), (long)reader.GetDecimal(3), (long)reader.GetDecimal(4), Number(reader, 5) ?? 0)
            {
                Cancelled = reader.GetInt64(8),
                MeanLatencyMs = Number(reader, 6),
                MeanFirstTokenMs = Number(reader, 7),
            });
        }

        return sums;
    }

    public async Task<IReadOnlyList<LedgerDay>> SumDaysAsync(DbConnection connection, LedgerQuery query, int most, CancellationToken cancellationToken)
    {
        await using var command = Command(
            connection, query with { Most = most }, $"SELECT {Day}, key_hash, user_id, model, sum(cost) FROM {Table}", "GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var days = new List<LedgerDay>();
        while (await reader.ReadAsync(cancellationToken))
        {
            days.Add(new LedgerDay(reader.GetString(0), Text(reader, 1), reader.GetString(2), reader.GetString(3), Number(reader, 4) ?? 0));
        }

        return days;
    }

    private DbCommand Command(DbConnection connection, LedgerQuery query, string select, string order)
    {
        var command = connection.CreateCommand();
        var conditions = new List<string>();
        Where("request_id =", query.RequestId);
        Where("key_hash =", query.KeyHash);
        Where("user_id =", query.UserId);
        Where("team_id =", query.TeamId);
        Where("model =", query.Model);
        Where("time >=", query.From is { } from ? Time(from) : null);
        Where("time <", query.Until is { } until ? Time(until) : null);
        command.CommandText = $"{select}{(conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", conditions))} {order} LIMIT @most";
        Add("@most", query.Most);
        return command;

        void Where(string condition, object? value)
        {
            if (value is null) return;
            var parameter = $"@p{conditions.Count}";
            conditions.Add($"{condition} {parameter}");
            Add(parameter, value);
        }

        void Add(string parameter, object value)
        {
            var added = command.CreateParameter();
            (added.ParameterName, added.Value) = (parameter, value);
            command.Parameters.Add(added);
        }
    }

    private static LedgerRow Row(DbDataReader r) => new()
    {
        RequestId = r.GetString(0),
        Time = new DateTimeOffset(DateTime.SpecifyKind(r.GetDateTime(1), DateTimeKind.Utc)),
        KeyHash = Text(r, 2),
        KeyAlias = Text(r, 3),
        UserId = r.GetString(4),
        TeamId = Text(r, 5),
        Model = r.GetString(6),
        ModelGroup = Text(r, 7),
        UpstreamModel = Text(r, 8),
        DeploymentId = Text(r, 9),
        Backend = Text(r, 10),
        PromptTokens = r.GetInt64(11),
        CompletionTokens = r.GetInt64(12),
        Estimated = r.GetBoolean(13),
        Cost = Number(r, 14),
        LatencyMs = r.GetDouble(15),
        FirstTokenMs = Number(r, 16),
        QueueMs = r.GetDouble(17),
        Status = r.GetString(18),
        CacheHit = r.GetBoolean(19),
        Retries = r.GetInt32(20),
        Fallbacks = r.GetInt32(21),
        Stream = r.GetBoolean(22),
    };

    private static string? Text(DbDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    private static double? Number(DbDataReader r, int column) => r.IsDBNull(column) ? null : r.GetDouble(column);
}
