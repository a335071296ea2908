using OrleansLlm.Api.Keys;

namespace OrleansLlm.Tests.Rules.Access;

public class DurationsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("30s", "2026-01-31T00:00:30Z")]
    [InlineData("30m", "2026-01-31T00:30:00Z")]
    [InlineData("30h", "2026-02-01T06:00:00Z")]
    [InlineData("30d", "2026-03-02T00:00:00Z")]
    [InlineData("2w", "2026-02-14T00:00:00Z")]
    [InlineData("1mo", "2026-02-28T00:00:00Z")]
    [InlineData("0s", "2026-01-31T00:00:00Z")]
    [InlineData("30", null)]
    [InlineData("d", null)]
    [InlineData("-1d", null)]
    [InlineData("1.5d", null)]
    [InlineData("1y", null)]
    [InlineData("1000000000w", null)]
    [InlineData("99999999999999999999s", null)]
    public void After_ReadsLiteLlmsTimes(string text, string? end) =>
        Assert.Equal(end is null ? null : DateTimeOffset.Parse(end, System.Globalization.CultureInfo.InvariantCulture), Durations.After(Now, text));
}
