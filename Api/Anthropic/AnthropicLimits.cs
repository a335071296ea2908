using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Anthropic;

/// <summary><c>anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}</c>; a limit that does not exist has none.</summary>
internal static class AnthropicLimits
{
    /// <param name="now">Resets are points in time here, RFC 3339.</param>
    public static void Write(IHeaderDictionary headers, LimitStanding standing, DateTimeOffset now)
    {
        Write(headers, "requests", standing.Requests, now);
        Write(headers, "tokens", standing.Tokens, now);
    }

    private static void Write(IHeaderDictionary headers, string unit, WindowStanding? window, DateTimeOffset now)
    {
        if (window is null) return;
        headers[$"anthropic-ratelimit-{unit}-limit"] = window.Limit.ToString(CultureInfo.InvariantCulture);
        headers[$"anthropic-ratelimit-{unit}-remaining"] = window.Remaining.ToString(CultureInfo.InvariantCulture);
        headers[$"anthropic-ratelimit-{unit}-reset"] = now.Add(window.Reset).AddSeconds(1).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
    }
}
