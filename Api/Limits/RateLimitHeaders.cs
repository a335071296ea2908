using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Doors;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Limits;

/// <summary>
/// OpenAI's <c>x-ratelimit-{limit,remaining,reset}-{requests,tokens}</c> and our <c>x-budget-{limit,remaining,reset,warning}</c>, in US
/// dollars; a limit that does not exist has none.
/// </summary>
internal static class RateLimitHeaders
{
    private static readonly Names Requests = new("requests"), Tokens = new("tokens");

    public static void Write(IHeaderDictionary headers, LimitStanding standing)
    {
        Write(headers, Requests, standing.Requests);
        Write(headers, Tokens, standing.Tokens);
        if (standing.Budget is { } budget) Write(headers, budget);
    }

    /// <summary>As OpenAI writes it, in Go's form: <c>12ms</c>, <c>1.5s</c>, <c>6m0s</c>. Rounded up: who comes then must not be early.</summary>
    public static string Duration(TimeSpan time)
    {
        var milliseconds = (long)Math.Ceiling(time.TotalMilliseconds);
        if (milliseconds <= 0) return "0s";
        if (milliseconds < 1000) return string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
        var (minutes, rest) = Math.DivRem(milliseconds, 60_000);
        var (seconds, left) = Math.DivRem(rest, 1000);
        var text = left == 0 ? string.Create(CultureInfo.InvariantCulture, $"{seconds}") : string.Create(CultureInfo.InvariantCulture, $"{seconds}.{left:000}").TrimEnd('0');
        return minutes == 0 ? $"{text}s" : string.Create(CultureInfo.InvariantCulture, $"{minutes}m{text}s");
    }

    private static void Write(IHeaderDictionary headers, Names names, WindowStanding? window)
    {
        if (window is null) return;
        headers[names.Limit] = window.Limit.ToString(CultureInfo.InvariantCulture);
        headers[names.Remaining] = window.Remaining.ToString(CultureInfo.InvariantCulture);
        headers[names.Reset] = Duration(window.Reset);
    }

    private static void Write(IHeaderDictionary headers, BudgetStanding budget)
    {
        if (budget is { Max: { } max, Remaining: { } remaining })
        {
            headers["x-budget-limit"] = Money(max);
            headers["x-budget-remaining"] = Money(remaining);
        }

        if (budget.ResetAt is { } at) headers["x-budget-reset"] = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (budget.SoftReached is { } soft)
        {
            headers["x-budget-warning"] = AnswerHeaders.Plain($"soft budget of {budget.Scope} reached: {Money(budget.Spent)} of {Money(soft)} US dollars");
        }
    }

    private static string Money(double amount) => amount.ToString(AnswerHeaders.Dollars, CultureInfo.InvariantCulture);

    private sealed class Names(string unit)
    {
        public string Limit { get; } = $"x-ratelimit-limit-{unit}";

        public string Remaining { get; } = $"x-ratelimit-remaining-{unit}";

        public string Reset { get; } = $"x-ratelimit-reset-{unit}";
    }
}
