using System.Text.Json;

namespace OrleansLlm.Api.Responses;

/// <summary>Tokens; those that came from the prompt cache or were written to it are among the input's, those of the thoughts among the output's.</summary>
internal sealed record ResponseUsage(long Input, long Cached, long CacheWritten, long Output, long Reasoning)
{
    /// <param name="usage">A chat completion's.</param>
    public static ResponseUsage Of(JsonElement usage) => new(
        Number(usage, "prompt_tokens"),
        Detail(usage, "prompt_tokens_details", "cached_tokens"),
        Number(usage, "cache_creation_input_tokens"),
        Number(usage, "completion_tokens"),
        Detail(usage, "completion_tokens_details", "reasoning_tokens"));

    private static long Detail(JsonElement usage, string group, string name) =>
        usage.TryGetProperty(group, out var details) && details.ValueKind == JsonValueKind.Object ? Number(details, name) : 0;

    private static long Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;
}
