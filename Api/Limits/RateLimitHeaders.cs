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
    public static void Write(IHeaderDictionary headers, LimitStanding standing)
    {
        Write(headers, "requests", standing.Requests);
        Write(headers, "tokens", standing.Tokens);
        if (standing.Budget is { } budget) Write(headers, budget);
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
}
