using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Limits;

/// <summary>OpenAI's <c>x-ratelimit-{limit,remaining,reset}-{requests,tokens}</c>; a limit that does not exist has none.</summary>
internal static class RateLimitHeaders
{
    public static void Write(IHeaderDictionary headers, LimitStanding standing)
    {
        Write(headers, "requests", standing.Requests);
        Write(headers, "tokens", standing.Tokens);
    }

    /// <summary>As OpenAI writes it, in Go's form: <c>12ms</c>, <c>1.5s</c>, <c>6m0s</c>. Rounded up: who comes then must not be early.</summary>
    public static string Duration(TimeSpan time)
    {
        var milliseconds = (long)Math.Ceiling(time.TotalMilliseconds);
        if (milliseconds <= 0) return "0s";
        if (milliseconds < 1000) return string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
        var (minutes, rest) = Math.DivRem(milliseconds, 60_000);
        var seconds = (rest / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
        return minutes == 0 ? $"{seconds}s" : string.Create(CultureInfo.InvariantCulture, $"{minutes}m{seconds}s");
    }

    private static void Write(IHeaderDictionary headers, string unit, WindowStanding? window)
    {
        if (window is null) return;
        headers[$"x-ratelimit-limit-{unit}"] = window.Limit.ToString(CultureInfo.InvariantCulture);
        headers[$"x-ratelimit-remaining-{unit}"] = window.Remaining.ToString(CultureInfo.InvariantCulture);
        headers[$"x-ratelimit-reset-{unit}"] = Duration(window.Reset);
    }
}
