using System.Globalization;

namespace OrleansLlm.Catalog;

/// <summary>
/// LiteLLM's <c>budget_duration</c> (<c>30s</c>, <c>30m</c>, <c>12h</c>, <c>7d</c>, <c>2w</c>, <c>1mo</c>), which ends where clocks and
/// calendars have a mark, by UTC: a day at midnight, a week (<c>7d</c>) on Monday, a month (<c>30d</c>, <c>1mo</c>) on its first day.
/// </summary>
public static class BudgetPeriods
{
    private const long Most = 36_500;

    public static bool IsValid(string duration) => Parse(duration) is not null;

    /// <returns>When a period ends that has begun now; null: the text says none.</returns>
    public static DateTimeOffset? EndAfter(DateTimeOffset now, string duration)
    {
        if (Parse(duration) is not var (count, unit)) return null;
        now = now.ToUniversalTime();
        var midnight = new DateTimeOffset(now.Date, TimeSpan.Zero);
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var hour = midnight.AddHours(now.Hour);
        return (count, unit) switch
        {
            (_, "mo") => month.AddMonths(count),
            (30, "d") => month.AddMonths(1),
            (7, "d") or (1, "w") => midnight.AddDays(7 - ((int)now.DayOfWeek + 6) % 7),
            (_, "d") => midnight.AddDays(count),
            (_, "w") => midnight.AddDays(7 * count),
            // The next multiple of it within the unit above.
            (_, "h") => midnight.AddHours(((now.Hour / count) + 1) * count),
            (_, "m") => hour.AddMinutes(((now.Minute / count) + 1) * count),
            _ => hour.AddMinutes(now.Minute).AddSeconds(((now.Second / count) + 1) * count),
        };
    }

    /// <returns>How long it is by itself, a month being 30 days; null: the text says none.</returns>
    public static TimeSpan? Length(string duration) => Parse(duration) switch
    {
        (var count, "s") => TimeSpan.FromSeconds(count),
        (var count, "m") => TimeSpan.FromMinutes(count),
        (var count, "h") => TimeSpan.FromHours(count),
        (var count, "d") => TimeSpan.FromDays(count),
        (var count, "w") => TimeSpan.FromDays(7 * count),
        (var count, _) => TimeSpan.FromDays(30 * count),
        null => null,
    };

    private static (int Count, string Unit)? Parse(string duration)
    {
        var digits = duration.TakeWhile(char.IsAsciiDigit).Count();
        if (!int.TryParse(duration.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > (int)Most) return null;
        var unit = duration[digits..];
        // A count of months or weeks beyond a century is no period; the same number of seconds is.
        return unit is "s" or "m" or "h" or "d" || (unit is "w" or "mo" && count <= 1200) ? (count, unit) : null;
    }
}
