using System.Globalization;

namespace OrleansLlm.Ledger.Storage;

/// <summary>
/// A time of whole days (UTC) as months that are in it whole, and at most two months of which only some days are. Texts are <c>2026-01</c> and <c>2026-01-31</c>.
/// </summary>
/// <param name="First">The first whole month; null: from the beginning.</param>
/// <param name="End">The first month behind the whole ones; null: none is. Not behind <paramref name="First"/>: there are none.</param>
internal sealed record MonthSpans(string? First, string? End, IReadOnlyList<MonthPart> Parts)
{
    /// <param name="from">The first day; null: from the beginning.</param>
    /// <param name="until">The first day that is too late; null: none is.</param>
    public static MonthSpans Of(DateTimeOffset? from, DateTimeOffset? until)
    {
        var (first, end) = (from?.UtcDateTime.Date, until?.UtcDateTime.Date);
        var whole = first is { Day: > 1 } day ? StartOf(day).AddMonths(1) : first;
        List<MonthPart> parts = [];
        if (first is { Day: > 1 } head) parts.Add(new MonthPart(MonthOf(head), DayOf(head), end is { } last && last < whole ? DayOf(last) : null));
        if (end is { Day: > 1 } tail && !(whole > StartOf(tail))) parts.Add(new MonthPart(MonthOf(tail), null, DayOf(tail)));
        return new MonthSpans(whole is { } start ? MonthOf(start) : null, end is { } stop ? MonthOf(stop) : null, parts);
    }

    public static string MonthOf(DateTime day) => day.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public static string DayOf(DateTime day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static DateTime StartOf(DateTime day) => new(day.Year, day.Month, 1, 0, 0, 0, DateTimeKind.Utc);
}

/// <param name="From">The first day; null: the month's.</param>
/// <param name="Until">The first day that is too late; null: the month's end.</param>
internal readonly record struct MonthPart(string Month, string? From, string? Until);
