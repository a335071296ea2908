using System.Globalization;
using OrleansLlm.Catalog;

namespace OrleansLlm.Tests.Rules.Limits;

/// <summary>When budgets begin anew: where clocks and calendars have a mark, by UTC, as LiteLLM's do.</summary>
public class BudgetPeriodsTests
{
    [Theory]
    [InlineData("2026-03-10T14:25:37", "1d", "2026-03-11T00:00:00")]
    [InlineData("2026-03-11T00:00:00", "1d", "2026-03-12T00:00:00")]
    [InlineData("2026-03-10T14:25:37", "24h", "2026-03-11T00:00:00")]
    [InlineData("2026-03-10T14:25:37", "7d", "2026-03-16T00:00:00")]
    [InlineData("2026-03-16T00:00:00", "7d", "2026-03-23T00:00:00")]
    [InlineData("2026-03-15T23:59:59", "1w", "2026-03-16T00:00:00")]
    [InlineData("2026-12-10T14:25:37", "30d", "2027-01-01T00:00:00")]
    [InlineData("2026-01-31T14:25:37", "1mo", "2026-02-01T00:00:00")]
    [InlineData("2026-01-31T14:25:37", "3mo", "2026-04-01T00:00:00")]
    [InlineData("2026-03-10T14:25:37", "10d", "2026-03-20T00:00:00")]
    [InlineData("2026-03-10T14:25:37", "2w", "2026-03-24T00:00:00")]
    [InlineData("2026-03-10T14:25:37", "1h", "2026-03-10T15:00:00")]
    [InlineData("2026-03-10T14:25:37", "6h", "2026-03-10T18:00:00")]
    [InlineData("2026-03-10T14:25:37", "15m", "2026-03-10T14:30:00")]
    [InlineData("2026-03-10T14:25:37", "10s", "2026-03-10T14:25:40")]
    [InlineData("2026-03-10T23:59:59", "30s", "2026-03-11T00:00:00")]
    public void APeriod_EndsWhereTheCalendarHasAMark(string now, string duration, string end) =>
        Assert.Equal(At(end), BudgetPeriods.EndAfter(At(now), duration));

    [Theory]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("0d")]
    [InlineData("-1d")]
    [InlineData("1y")]
    [InlineData("1.5h")]
    [InlineData("99999999999d")]
    [InlineData("36500mo")]
    public void WhatIsNoPeriod_IsNone(string duration) => Assert.Equal((false, null), (BudgetPeriods.IsValid(duration), BudgetPeriods.EndAfter(At("2026-03-10T14:25:37"), duration)));

    [Fact]
    public void AnEnd_IsAlwaysLaterThanItsBeginning()
    {
        for (var now = At("2026-12-28T21:58:57"); now < At("2027-01-03T00:00:00"); now = now.AddSeconds(977))
        {
            Assert.All((string[])["1s", "45s", "7m", "90m", "1h", "5h", "36h", "1d", "3d", "7d", "30d", "31d", "4w", "1mo", "12mo"], d => Assert.True(BudgetPeriods.EndAfter(now, d) > now, $"{d} at {now}"));
        }
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
