using System.Collections.Immutable;
using System.Data.Common;

namespace OrleansLlm.Ledger.Storage;

/// <summary>
/// Questions that are answered from sums of whole days (UTC) and not from rows, in the SQL that both databases understand, and the SQL that adds to
/// the sums. Two tables: <c>ledger_span</c> has a line for each name and day of one dimension, in the order of months and names, and one for each name and month
/// (of no month, its <c>day</c> is <c>2026-01</c>); <c>ledger_day</c> one for each combination of a day, in the order of days and keys.
/// </summary>
/// <param name="Prefix">Of the tables' names.</param>
/// <param name="None">What is stored there for nobody.</param>
/// <param name="NameOf">The text of a name as it is stored there; null for none.</param>
/// <param name="Stored">A name, of a parameter, as it is stored there.</param>
/// <param name="InOrder">Whether the database does best to read each part in the order of the names: SQLite has no other way of grouping. PostgreSQL's planner wants to see one table.</param>
internal sealed record LedgerSums(string Prefix, string None, bool InOrder, Func<string, string> NameOf, Func<string, string> Stored)
{
    /// <summary>What is stored for nobody, as a part of a key, and the columns of a combination.</summary>
    private static readonly ImmutableArray<string> Dimensions = ["''", "key_hash", "user_id", "team_id", "model"];

    /// <summary>Adds combinations of days to <c>ledger_day</c>.</summary>
    /// <param name="combinations">A table with a column for each of a day's, and of sums.</param>
    public string AddDays(string combinations, SumColumns columns) =>
        $"INSERT INTO {Prefix}ledger_day AS old (day, key_hash, user_id, model, team_id, {columns.Names}) "
        + $"SELECT day, key_hash, user_id, model, team_id, {columns.Names} FROM {combinations} WHERE true ORDER BY 1, 2, 3, 4, 5 ON CONFLICT (day, key_hash, user_id, model, team_id) {columns.Added}";

    /// <summary>Adds them to <c>ledger_span</c>.</summary>
    public string AddSpans(string combinations, SumColumns columns) =>
        $"INSERT INTO {Prefix}ledger_span AS old (dimension, month, name, day, {columns.Names}) SELECT * FROM ("
        + string.Join(" UNION ALL ", Dimensions.SelectMany((d, i) => new[] { ("substr(day, 1, 7)", "day"), ("''", "substr(day, 1, 7)") }.Select(s =>
            $"SELECT {i}, {s.Item1}, {(i == 0 ? None : d)}, {s.Item2}, {columns.OfSums} FROM {combinations} GROUP BY 1, 2, 3, 4")))
        + $") AS sums WHERE true ORDER BY 1, 2, 3, 4 ON CONFLICT (dimension, month, name, day) {columns.Added}";

    /// <summary>Forgets the days before one. Its month is summed up anew: nobody may add to the sums meanwhile.</summary>
    public string Forget(DateTimeOffset before)
    {
        var (day, month) = (MonthSpans.DayOf(before.UtcDateTime), MonthSpans.MonthOf(before.UtcDateTime));
        return $"""
            DELETE FROM {Prefix}ledger_day WHERE day < '{day}';
            DELETE FROM {Prefix}ledger_span WHERE {AnyDimension} AND month > '' AND month <= '{month}' AND day < '{day}';
            DELETE FROM {Prefix}ledger_span WHERE {AnyDimension} AND month = '' AND day <= '{month}';
            INSERT INTO {Prefix}ledger_span SELECT dimension, '', name, month, {SumColumns.Now.OfSums} FROM {Prefix}ledger_span WHERE {AnyDimension} AND month = '{month}' GROUP BY 1, 2, 3, 4;
            """;
    }

    private static string AnyDimension { get; } = $"dimension IN ({string.Join(", ", Enumerable.Range(0, 5))})";

    /// <summary>Sums are of whole days, and have forgotten which request was which.</summary>
    public static bool Answer(LedgerQuery query) => query.RequestId is null && IsDay(query.From) && IsDay(query.Until);

    public async Task<IReadOnlyList<LedgerSum>> SumAsync(DbConnection connection, LedgerQuery query, LedgerGrouping by, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        var dimension = DimensionOf(query, by);
        var (first, from) = dimension is not { } one ? ("", Combinations(command, query)) : by == LedgerGrouping.Day ? ("", DaysOf(command, query, one)) : NamesOf(command, query, one);
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
        command.CommandText = $"{first}SELECT {shown}, {SumColumns.Now.Names} FROM (SELECT {name} AS name, {SumColumns.Now.OfSums} FROM {from} GROUP BY 1 "
            + $"ORDER BY {(by == LedgerGrouping.Day ? "1" : "6 DESC, 2 DESC")} LIMIT @most) AS found ORDER BY {order}";
        Add(command, "@most", query.Most);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var sums = new List<LedgerSum>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var (successes, firsts) = (Whole(reader, 2), Whole(reader, 8));
            sums.Add(new LedgerSum(reader.IsDBNull(0) ? null : reader.GetString(0), Whole(reader, 1), successes, Whole(reader, 3), Whole(reader, 4), reader.GetDouble(5))
            {
                Cancelled = Whole(reader, 9),
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

    private string DaysOf(DbCommand command, LedgerQuery query, int dimension)
    {
        var conditions = Conditions(command, query, dimension);
        Days(command, query, conditions);
        // The months one by one: within a month a name is found at once.
        var months = new List<string> { "dimension = 0", "month = ''" };
        if (query.From is { } from) months.Add($"day >= {Add(command, "@firstMonth", MonthSpans.MonthOf(from.UtcDateTime))}");
        if (query.Until is { } until) months.Add($"day <= {Add(command, "@lastMonth", MonthSpans.MonthOf(until.UtcDateTime))}");
        conditions.Add($"month IN (SELECT day FROM {Prefix}ledger_span WHERE {string.Join(" AND ", months)})");
        return $"{Prefix}ledger_span WHERE {string.Join(" AND ", conditions)}";
    }

    /// <summary>
    /// Whole months from their own lines: a year is some forty lines of a name and not 365. First the dearest names are found, by two columns, and all is summed up of these only.
    /// </summary>
    private (string First, string From) NamesOf(DbCommand command, LedgerQuery query, int dimension)
    {
        var conditions = Conditions(command, query, dimension);
        var spans = MonthSpans.Of(query.From, query.Until);
        var parts = spans.Parts.Select((p, i) => Part($"month = {Add(command, $"@month{i}", p.Month)}", $"{i}", p.From, p.Until)).Append(Part("month = ''", "Whole", spans.First, spans.End)).ToList();
        var ranked = InOrder
            ? $"({string.Join(" UNION ALL ", parts.Select(p => $"SELECT name, sum(requests) AS requests, sum(cost) AS cost FROM {Prefix}ledger_span WHERE {p} GROUP BY 1"))}) AS ranked"
            : $"{Prefix}ledger_span WHERE ({string.Join(") OR (", parts)})";
        return ($"WITH dearest AS (SELECT name FROM {ranked} GROUP BY 1 ORDER BY sum(cost) DESC, sum(requests) DESC LIMIT @most) ",
            $"({string.Join(" UNION ALL ", parts.Select(p => $"SELECT name, {SumColumns.Now.Names} FROM {Prefix}ledger_span WHERE {p} AND name IN (SELECT name FROM dearest)"))}) AS parts");

        string Part(string months, string number, string? from, string? until)
        {
            List<string> all = [.. conditions, months];
            if (from is not null) all.Add($"day >= {Add(command, "@from" + number, from)}");
            if (until is not null) all.Add($"day < {Add(command, "@until" + number, until)}");
            return string.Join(" AND ", all);
        }
    }

    private List<string> Conditions(DbCommand command, LedgerQuery query, int dimension)
    {
        var name = dimension switch { 1 => query.KeyHash, 2 => query.UserId, 3 => query.TeamId, 4 => query.Model, _ => null };
        List<string> conditions = [$"dimension = {dimension}"];
        if (name is not null || dimension == 0) conditions.Add($"name = {(name is null ? None : Stored(Add(command, "@name", name)))}");
        return conditions;
    }

    private string Combinations(DbCommand command, LedgerQuery query)
    {
        var conditions = new List<string>();
        Days(command, query, conditions);
        // The days one by one: within a day a key is found at once. Without a key a range is what comes out in order.
        if (query.KeyHash is not null) conditions = [$"day IN (SELECT day FROM {Prefix}ledger_span WHERE {string.Join(" AND ", ["dimension = 0", "month > ''", .. conditions])})"];
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
        if (query.From is { } from) conditions.Add($"day >= {Add(command, "@from", MonthSpans.DayOf(from.UtcDateTime))}");
        if (query.Until is { } until) conditions.Add($"day < {Add(command, "@until", MonthSpans.DayOf(until.UtcDateTime))}");
    }

    private static string Add(DbCommand command, string name, object value)
    {
        var added = command.CreateParameter();
        (added.ParameterName, added.Value) = (name, value);
        command.Parameters.Add(added);
        return name;
    }

    private static bool IsDay(DateTimeOffset? time) => time is not { } moment || moment.UtcDateTime.TimeOfDay == TimeSpan.Zero;

    /// <summary>PostgreSQL sums whole numbers up to decimals.</summary>
    private static long Whole(DbDataReader reader, int column) => (long)reader.GetDecimal(column);
}
