using System.Globalization;
using System.Text.Json;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers.Responses;

/// <summary>Tokens as the Responses API counts them: those of the cache are among the input's, those of the thoughts among the output's.</summary>
internal sealed record ResponsesUsage(long Input, long Output, long Total, long Cached, long Written, long Thoughts)
{
    /// <summary>For a chat's usage, with a comma before the first.</summary>
    public string Details =>
        (Cached + Written > 0 ? $",\"prompt_tokens_details\":{{{Member("cached_tokens", Cached)}{(Written > 0 ? "," + Member("cache_write_tokens", Written) : "")}}}" : "")
        + (Thoughts > 0 ? $",\"completion_tokens_details\":{{{Member("reasoning_tokens", Thoughts)}}}" : "");

    /// <returns>Null: the service has not told them.</returns>
    public static ResponsesUsage? Of(JsonElement response)
    {
        if (!response.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object) return null;
        if (ToldUsage.Number(usage, "input_tokens") is not { } input || ToldUsage.Number(usage, "output_tokens") is not { } output) return null;
        return new ResponsesUsage(
            input, output, ToldUsage.Number(usage, "total_tokens") ?? input + output, Detail(usage, "input_tokens_details", "cached_tokens"), Detail(usage, "input_tokens_details", "cache_write_tokens"),
            Detail(usage, "output_tokens_details", "reasoning_tokens"));
    }

    private static string Member(string name, long tokens) => string.Create(CultureInfo.InvariantCulture, $"\"{name}\":{tokens}");

    private static long Detail(JsonElement usage, string details, string name) =>
        usage.TryGetProperty(details, out var given) && given.ValueKind == JsonValueKind.Object ? ToldUsage.Number(given, name) ?? 0 : 0;
}
