using System.Globalization;

namespace OrleansLlm.Api.Keys;

/// <summary>LiteLLM's times: <c>30s</c>, <c>30m</c>, <c>30h</c>, <c>30d</c>, <c>2w</c>, <c>1mo</c>.</summary>
internal static class Durations
{
    private const long Most = 1_000_000_000;

    /// <returns>When it will be over; null: the text says no time.</returns>
    public static DateTimeOffset? After(DateTimeOffset now, string text)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        if (digits == 0 || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > Most) return null;
        try
        {
            return text[digits..] switch
            {
                "s" => now.AddSeconds(count),
                "m" => now.AddMinutes(count),
                "h" => now.AddHours(count),
                "d" => now.AddDays(count),
                "w" => now.AddDays(count * 7),
                "mo" => now.AddMonths((int)count),
                _ => null,
            };
        }
        catch (ArgumentOutOfRangeException)
        {
            // Beyond the year 9999.
            return null;
        }
    }
}
