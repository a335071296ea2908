using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;

namespace OrleansLlm.Ledger.Storage;

/// <summary>
/// Questions that are answered from sums of whole days (UTC) and not from rows, in the SQL that both databases understand, and the SQL that adds to
/// the sums. Two tables: <c>ledger_sum</c> has a line for each name and day of one dimension, in the order of the names; <c>ledger_day</c> one
/// for each combination of a day, in the order of days and keys.
/// </summary>
/// <param name="Prefix">Of the tables' names.</param>
/// <param name="NameOf">The text of a name as it is stored there; null for none.</param>
/// <param name="Stored">A name, of a parameter, as it is stored there.</param>
internal sealed record LedgerSums(string Prefix, Func<string, string> NameOf, Func<string, string> Stored)
{
    /// <summary>What is summed up, and of a row what is added.</summary>
    private static readonly ImmutableArray<(string Column, string OfRow)> Sums =
    [
        ("requests", "1"),
        ("successes", "CASE WHEN status = 'success' THEN 1 ELSE 0 END"),
        ("prompt_tokens", "prompt_tokens"),
        ("completion_tokens", "completion_tokens"),
        ("cost", "coalesce(cost, 0)"),
        ("latency_ms", "CASE WHEN status = 'success' THEN latency_ms ELSE 0 END"),
        ("first_token_ms", "coalesce(first_token_ms, 0)"),
        ("first_tokens", "CASE WHEN first_token_ms IS NULL THEN 0 ELSE 1 END"),
    ];

    /// <summary>The types suit both databases.</summary>
    public static string Columns { get; } =
        "requests BIGINT NOT NULL, successes BIGINT NOT NULL, prompt_tokens BIGINT NOT NULL, completion_tokens BIGINT NOT NULL, cost DOUBLE PRECISION NOT NULL, "
        + "latency_ms DOUBLE PRECISION NOT NULL, first_token_ms DOUBLE PRECISION NOT NULL, first_tokens BIGINT NOT NULL";

    public static string ColumnNames { get; } = string.Join(", ", Sums.Select(s => s.Column));

    /// <summary>Over rows.</summary>
    public static string OfRowsNamed { get; } = string.Join(", ", Sums.Select(s => $"sum({s.OfRow}) AS {s.Column}"));

    /// <summary>Over sums.</summary>
    public static string OfSumsNamed { get; } = string.Join(", ", Sums.Select(s => $"sum({s.Column}) AS {s.Column}"));

    /// <summary>What is stored for nobody, as a part of a key, and the columns of a combination.</summary>
    private static readonly ImmutableArray<string> Dimensions = ["''", "key_hash", "user_id", "team_id", "model"];

    /// <summary>Adds combinations of days to <c>ledger_day</c>.</summary>
    /// <param name="combinations">A table with a column for each of a day's, and of sums.</param>
    public string AddDays(string combinations) =>
        $"INSERT INTO {Prefix}ledger_day AS old (day, key_hash, user_id, model, team_id, {ColumnNames}) "
        + $"SELECT day, key_hash, user_id, model, team_id, {ColumnNames} FROM {combinations} WHERE true ORDER BY 1, 2, 3, 4, 5 ON CONFLICT (day, key_hash, user_id, model, team_id) {Added}";

    /// <summary>Adds them to <c>ledger_sum</c>.</summary>
    /// <param name="none">What is stored for nobody.</param>
    public string AddSums(string combinations, string none) =>
        $"INSERT INTO {Prefix}ledger_sum AS old (dimension, name, day, {ColumnNames}) SELECT * FROM ("
        + string.Join(" UNION ALL ", Dimensions.Select((d, i) => $"SELECT {i}, {(i == 0 ? none : d)}, day, {OfSumsNamed} FROM {combinations} GROUP BY 1, 2, 3"))
        + $") AS sums WHERE true ORDER BY 1, 2, 3 ON CONFLICT (dimension, name, day) {Added}";

    private static string Added { get; } = $"DO UPDATE SET {string.Join(", ", Sums.Select(s => $"{s.Column} = old.{s.Column} + excluded.{s.Column}"))}";

    /// <summary>Sums are of whole days, and have forgotten which request was which.</summary>
    public static bool Answer(LedgerQuery query) => query.RequestId is null && IsDay(query.From) && IsDay(query.Until);

    public async Task<IReadOnlyList<LedgerSum>> SumAsync(DbConnection connection, LedgerQuery query, LedgerGrouping by, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        var dimension = DimensionOf(query, by);
        var from = dimension is { } one ? OneDimension(command, query, one) : Combinations(command, query);
        var name = by switch
        {
            LedgerGrouping.Day => "day",
            _ when dimension is not null => "name",
            LedgerGrouping.Key => "key_hash",
            LedgerGrouping.User => "user_id",
            LedgerGrouping.Team => "team_id",
            _ => "model",
        };
        var shown = by == LedgerGrouping.Day ? "name" : NameOf("name");
        var order = by == LedgerGrouping.Day ? "1" : "cost DESC, requests DESC, 1";
        // Only those that are shown are looked up by name.
        command.CommandText = $"SELECT {shown}, {ColumnNames} FROM (SELECT {name} AS name, {OfSumsNamed} FROM {from} GROUP BY 1 "
            + $"ORDER BY {(by == LedgerGrouping.Day ? "1" : "6 DESC, 2 DESC")} LIMIT @most) AS found ORDER BY {order}";
        Add(command, "@most", query.Most);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var sums = new List<LedgerSum>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var (successes, firsts) = (Whole(reader, 2), Whole(reader, 8));
            sums.Add(new LedgerSum(reader.IsDBNull(0) ? null : reader.GetString(0), Whole(reader, 1), successes, Whole(reader, 3), Whole(reader, 4), reader.GetDouble(5))
            {
                MeanLatencyMs = successes == 0 ? null : reader.GetDouble(6) / successes,
                MeanFirstTokenMs = firsts == 0 ? null : reader.GetDouble(7) / firsts,
            });
        }

        return sums;
    }

    public async Task<IReadOnlyList<LedgerDay>> SumDaysAsync(DbConnection connection, LedgerQuery query, int most, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT day, {NameOf("key_hash")}, {NameOf("user_id")}, {NameOf("model")}, cost FROM ("
            + $"SELECT day, key_hash, user_id, model, sum(cost) AS cost FROM {Combinations(command, query)} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT @most) AS found";
        Add(command, "@most", most);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var days = new List<LedgerDay>();
        while (await reader.ReadAsync(cancellationToken))
        {
            days.Add(new LedgerDay(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetDouble(4)));
        }

        return [.. days.OrderBy(d => d.Day, StringComparer.Ordinal).ThenBy(d => d.KeyHash, StringComparer.Ordinal).ThenBy(d => d.UserId, StringComparer.Ordinal).ThenBy(d => d.Model, StringComparer.Ordinal)];
    }

    /// <summary>The dimension that has the answer by itself; null: none has.</summary>
    private static int? DimensionOf(LedgerQuery query, LedgerGrouping by)
    {
        string?[] asked = [null, query.KeyHash, query.UserId, query.TeamId, query.Model];
        var named = Enumerable.Range(1, asked.Length - 1).Where(d => asked[d] is not null).ToList();
        var grouped = by switch { LedgerGrouping.Key => 1, LedgerGrouping.User => 2, LedgerGrouping.Team => 3, LedgerGrouping.Model => 4, _ => 0 };
        return named.Count switch
        {
            0 => grouped,
            1 when grouped == 0 || grouped == named[0] => named[0],
            _ => null,
        };
    }

    private string OneDimension(DbCommand command, LedgerQuery query, int dimension)
    {
        var conditions = new List<string> { $"dimension = {dimension}" };
        Where("name", dimension switch { 1 => query.KeyHash, 2 => query.UserId, 3 => query.TeamId, 4 => query.Model, _ => null });
        Days(command, query, conditions);
        return $"{Prefix}ledger_sum WHERE {string.Join(" AND ", conditions)}";

        void Where(string column, string? value)
        {
            if (value is not null) conditions.Add($"{column} = {Stored(Add(command, "@name", value))}");
        }
    }

    private string Combinations(DbCommand command, LedgerQuery query)
    {
        var conditions = new List<string>();
        Days(command, query, conditions);
        // The days one by one: within a day a key is found at once. Without a key a range is what comes out in order.
        if (query.KeyHash is not null) conditions = [$"day IN (SELECT day FROM {Prefix}ledger_sum WHERE {string.Join(" AND ", ["dimension = 0", .. conditions])})"];
        Where("key_hash", "@key", query.KeyHash);
        Where("user_id", "@user", query.UserId);
        Where("team_id", "@team", query.TeamId);
        Where("model", "@model", query.Model);
        return $"{Prefix}ledger_day{(conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", conditions))}";

        void Where(string column, string parameter, string? value)
        {
            if (value is not null) conditions.Add($"{column} = {Stored(Add(command, parameter, value))}");
        }
    }

    private static void Days(DbCommand command, LedgerQuery query, List<string> conditions)
    {
        if (query.From is { } from) conditions.Add($"day >= {Add(command, "@from", DayOf(from))}");
        if (query.Until is { } until) conditions.Add($"day < {Add(command, "@until", DayOf(until))}");
    }

    private static string Add(DbCommand command, string name, object value)
    {
        var added = command.CreateParameter();
        (added.ParameterName, added.Value) = (name, value);
        command.Parameters.Add(added);
        return name;
    }

    private static bool IsDay(DateTimeOffset? time) => time is not { } moment || moment.UtcDateTime.TimeOfDay == TimeSpan.Zero;

    public static string DayOf(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>PostgreSQL sums whole numbers up to decimals.</summary>
    private static long Whole(DbDataReader reader, int column) => (long)reader.GetDecimal(column);
}
