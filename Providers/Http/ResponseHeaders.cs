using System.Globalization;
using System.Net.Http.Headers;

namespace OrleansLlm.Providers.Http;

/// <summary>What the headers of a response say.</summary>
internal static class ResponseHeaders
{
    private const int MostPassed = 64;

    /// <summary>Retry-After in its three forms; see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after and OpenAI's
    /// retry-after-ms.</summary>
    public static TimeSpan? RetryAfter(HttpResponseHeaders headers, DateTimeOffset now)
    {
        if (Number(headers, "retry-after-ms") is { } milliseconds) return TimeSpan.FromMilliseconds(milliseconds);
        if (Number(headers, "Retry-After") is { } seconds) return TimeSpan.FromSeconds(seconds);
        if (headers.NonValidated.TryGetValues("Retry-After", out var dates) && DateTimeOffset.TryParse(
                dates.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            return date > now ? date - now : TimeSpan.Zero;
        }

        return null;
    }

    public static string? RequestId(HttpResponseHeaders headers) =>
        headers.NonValidated.TryGetValues("x-request-id", out var id) || headers.NonValidated.TryGetValues("request-id", out id)
        || headers.NonValidated.TryGetValues("x-amzn-RequestId", out id) ? id.ToString() : null;

    /// <summary>The upstream's own headers (limits, ids, processing time) under LiteLLM's prefix.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Passed(HttpResponseHeaders headers)
    {
        List<KeyValuePair<string, string>>? passed = null;
        foreach (var (name, values) in headers.NonValidated)
        {
            if (!IsOfInterest(name)) continue;
            passed ??= [];
            if (passed.Count == MostPassed) break;
            passed.Add(new("llm_provider-" + name.ToLowerInvariant(), values.ToString()));
        }

        return passed is null ? [] : passed;
    }

    private static bool IsOfInterest(string name) =>
        name.StartsWith("x-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("openai-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("retry-after", StringComparison.OrdinalIgnoreCase) || name.Equals("request-id", StringComparison.OrdinalIgnoreCase);

    private static double? Number(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values)
        && double.TryParse(values.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number)
            ? Math.Clamp(number, 0, 365.0 * 24 * 60 * 60)
            : null;
}
