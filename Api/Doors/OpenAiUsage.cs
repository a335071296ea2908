using System.Text.Json;

namespace OrleansLlm.Api.Doors;

/// <summary>What OpenAI's <c>usage</c> object tells, in tokens.</summary>
/// <param name="Cached">Of the prompt, those that were read from a cache.</param>
/// <param name="CacheWritten">Of the prompt, those that were written into one; Anthropic and OpenAI's newer models tell.</param>
internal readonly record struct OpenAiUsage(long Prompt, long Completion, long Cached, long CacheWritten)
{
    /// <param name="json">Empty: none.</param>
    public static OpenAiUsage? Read(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return null;
        using var document = JsonDocument.Parse(json.ToArray(), NestedJson.Document);
        return Read(document.RootElement);
    }

    public static OpenAiUsage Read(JsonElement usage)
    {
        var details = usage.TryGetProperty("prompt_tokens_details", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        return new OpenAiUsage(
            Number(usage, "prompt_tokens"),
            Number(usage, "completion_tokens"),
            // OpenAI has both in its details; the other words are LiteLLM's and DeepSeek's.
            Math.Max(Number(details, "cached_tokens"), Math.Max(Number(usage, "cache_read_input_tokens"), Number(usage, "prompt_cache_hit_tokens"))),
            Math.Max(Number(details, "cache_write_tokens"), Math.Max(Number(details, "cache_creation_tokens"), Number(usage, "cache_creation_input_tokens"))));
    }

    private static long Number(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var count)
            ? Math.Max(count, 0) : 0;
}
