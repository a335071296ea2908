using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Tests.Usage;

/// <summary>Every time of whole days within four months, one of them a February.</summary>
public sealed class MonthSpansTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly string[] Days = [.. Enumerable.Range(0, 120).Select(d => MonthSpans.DayOf(Start.AddDays(d).UtcDateTime))];

    [Fact]
    public void EveryDayOfATime_IsInOneOfItsPartsOnce_AndNoOther()
    {
        for (var first = -1; first < Days.Length; first++)
        {
            for (var end = -1; end < Days.Length; end++)
            {
                var (from, until) = (first < 0 ? (DateTimeOffset?)null : Start.AddDays(first), end < 0 ? (DateTimeOffset?)null : Start.AddDays(end));
                var spans = MonthSpans.Of(from, until);
                var wanted = Days.Where((_, d) => d >= first && (end < 0 || d < end));
                Assert.Equal(wanted, Days.SelectMany(d => Enumerable.Repeat(d, Times(spans, d))));
                Assert.InRange(spans.Parts.Count, 0, 2);
            }
        }
    }

    [Fact]
    public void TheMonthsOfALongTime_AreWhole()
    {
        var spans = MonthSpans.Of(Start.AddDays(10), Start.AddDays(100));
        Assert.Equal(("2026-02", "2026-04"), (spans.First, spans.End));
        Assert.Equal([new MonthPart("2026-01", "2026-01-11", null), new MonthPart("2026-04", null, "2026-04-11")], spans.Parts);
    }

    private static int Times(MonthSpans spans, string day)
    {
        var month = day[..7];
        var whole = NotBefore(month, spans.First) && Before(month, spans.End);
        return (whole ? 1 : 0) + spans.Parts.Count(p => p.Month == month && NotBefore(day, p.From) && Before(day, p.Until));
    }

    private static bool NotBefore(string text, string? from) => from is null || string.CompareOrdinal(text, from) >= 0;

    private static bool Before(string text, string? until) => until is null || string.CompareOrdinal(text, until) < 0;
}
