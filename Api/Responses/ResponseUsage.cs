using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Responses;

/// <summary>Tokens; those that came from the prompt cache or were written to it are among the input's, those of the thoughts among the output's.</summary>
internal sealed record ResponseUsage(long Input, long Cached, long CacheWritten, long Output, long Reasoning)
{
    /// <param name="usage">A chat completion's.</param>
    public static ResponseUsage Of(JsonElement usage)
    {
        var told = OpenAiUsage.Read(usage);
        return new ResponseUsage(told.Prompt, told.Cached, told.CacheWritten, told.Completion, Detail(usage, "completion_tokens_details", "reasoning_tokens"));
    }

    private static long Detail(JsonElement usage, string group, string name) =>
        usage.TryGetProperty(group, out var details) && details.ValueKind == JsonValueKind.Object ? Number(details, name) : 0;

    private static long Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;
}
