using OrleansLlm.Ledger;
using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Tests.Usage;

/// <summary>Rows of six months and every kind, and what a ledger has to answer about them: what these rows, added up here, come to.</summary>
internal static class SummedRows
{
    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static LedgerRow[] All { get; } = [.. Enumerable.Range(1, 600).Select(n => Rows.Row(n, Start.AddHours(n * 7)) with
    {
        KeyHash = n % 4 == 0 ? null : $"k{n % 7}",
        UserId = $"user:u{n % 5}",
        TeamId = n % 3 == 0 ? null : $"t{n % 2}",
        Model = $"m{n % 3}",
        // Sums that are exact, in whatever order they are added.
        Cost = n % 6 == 0 ? null : n / 64.0,
        LatencyMs = n,
        FirstTokenMs = n % 8 == 0 ? null : n / 2.0,
        Status = n % 9 == 0 ? LedgerRow.Cancelled : n % 11 == 0 ? "upstream_status" : LedgerRow.Success,
    })];

    /// <summary>Every question, of whole days and of some of one.</summary>
    /// <param name="cancelled">False: the sums are of a time when nobody counted those whose client has left.</param>
    public static async Task HoldAsync(ILedgerReader ledger, LedgerRow[] rows, bool cancelled = true)
    {
        string?[] keys = [null, "k3", "nobody"];
        string?[] users = [null, "user:u1"];
        string?[] teams = [null, "t1"];
        string?[] models = [null, "m2"];
        (DateTimeOffset? From, DateTimeOffset? Until)[] times =
        [
            (null, null), (Start.AddDays(40), null), (null, Start.AddMonths(2)), (Start.AddDays(10), Start.AddDays(20)), (Start.AddDays(20), Start.AddDays(130)), (Start.AddMonths(1), Start.AddMonths(2)),
            (Start.AddHours(5), Start.AddHours(231)),
        ];
        foreach (var query in from key in keys from user in users from team in teams from model in models from time in times
                              select new LedgerQuery { KeyHash = key, UserId = user, TeamId = team, Model = model, From = time.From, Until = time.Until })
        {
            var found = rows.Where(r => Matches(query, r)).ToList();
            foreach (var by in Enum.GetValues<LedgerGrouping>())
            {
                var sums = await ledger.SumAsync(query, by);
                var expected = Sums(found, by).Select(s => cancelled || !LedgerSums.Answer(query) ? s : s with { Cancelled = 0 });
                Assert.Equal(InOrder(expected, by), InOrder(sums, by));
                Assert.Equal(by == LedgerGrouping.Day ? sums.OrderBy(s => s.Name, StringComparer.Ordinal) : sums.OrderByDescending(s => s.Cost).ThenByDescending(s => s.Requests), sums);
            }

            var days = await ledger.SumDaysAsync(query, 1000);
            Assert.Equal(InOrder(Days(found)), InOrder(days));
            Assert.Equal(days.OrderBy(d => d.Day, StringComparer.Ordinal), days);
        }

        if (!cancelled) return;
        var most = new LedgerQuery { Most = 2 };
        Assert.Equal(InOrder(Sums(rows, LedgerGrouping.Key), LedgerGrouping.Key).Take(2), await ledger.SumAsync(most, LedgerGrouping.Key));
        Assert.Equal(InOrder(Sums(rows, LedgerGrouping.Day), LedgerGrouping.Day).Take(2), await ledger.SumAsync(most, LedgerGrouping.Day));
        Assert.Equal(2, (await ledger.SumDaysAsync(new LedgerQuery(), 2)).Count);
    }

    private static bool Matches(LedgerQuery query, LedgerRow row) =>
        (query.KeyHash is null || query.KeyHash == row.KeyHash) && (query.UserId is null || query.UserId == row.UserId) && (query.TeamId is null || query.TeamId == row.TeamId)
        && (query.Model is null || query.Model == row.Model) && (query.From is null || row.Time >= query.From) && (query.Until is null || row.Time < query.Until);

    private static IEnumerable<LedgerSum> Sums(IEnumerable<LedgerRow> rows, LedgerGrouping by)
    {
        return rows.GroupBy(r => by switch
        {
            LedgerGrouping.Day => Day(r),
            LedgerGrouping.Key => r.KeyHash,
            LedgerGrouping.User => r.UserId,
            LedgerGrouping.Team => r.TeamId,
            _ => r.Model,
        }).Select(g => new LedgerSum(g.Key, g.Count(), g.Count(Succeeded), g.Sum(r => r.PromptTokens), g.Sum(r => r.CompletionTokens), g.Sum(r => r.Cost ?? 0))
        {
            Cancelled = g.Count(r => r.Status == LedgerRow.Cancelled),
            MeanLatencyMs = g.Where(Succeeded).Average(r => (double?)r.LatencyMs),
            MeanFirstTokenMs = g.Average(r => r.FirstTokenMs),
        });
    }

    private static IEnumerable<LedgerDay> Days(IEnumerable<LedgerRow> rows) => rows.GroupBy(r => (Day: Day(r), r.KeyHash, r.UserId, r.Model))
        .Select(g => new LedgerDay(g.Key.Day, g.Key.KeyHash, g.Key.UserId, g.Key.Model, g.Sum(r => r.Cost ?? 0)));

    /// <summary>Where those of equal cost stand, and those of nobody, is the database's own affair.</summary>
    private static IEnumerable<LedgerSum> InOrder(IEnumerable<LedgerSum> sums, LedgerGrouping by) => by == LedgerGrouping.Day
        ? sums.OrderBy(s => s.Name, StringComparer.Ordinal)
        : sums.OrderByDescending(s => s.Cost).ThenByDescending(s => s.Requests).ThenBy(s => s.Name, StringComparer.Ordinal);

    private static IEnumerable<LedgerDay> InOrder(IEnumerable<LedgerDay> days) =>
        days.OrderBy(d => d.Day, StringComparer.Ordinal).ThenBy(d => d.KeyHash, StringComparer.Ordinal).ThenBy(d => d.UserId, StringComparer.Ordinal).ThenBy(d => d.Model, StringComparer.Ordinal);

    private static bool Succeeded(LedgerRow row) => row.Status == LedgerRow.Success;

    private static string Day(LedgerRow row) => row.Time.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
