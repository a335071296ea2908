using OrleansLlm.Api.Doors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Anthropic;

/// <summary>Anthropic's <c>usage</c>, in tokens. Unlike OpenAI's, its input does not hold what a cache has read or written.</summary>
internal readonly record struct AnthropicUsage(long Input, long Output, long CacheRead, long CacheWritten)
{
    public static AnthropicUsage Of(OpenAiUsage? told, InferenceCompleted completed)
    {
        var (read, written) = (told?.Cached ?? 0, told?.CacheWritten ?? 0);
        return new AnthropicUsage(Math.Max(completed.PromptTokens - read - written, 0), completed.CompletionTokens, read, written);
    }

    public static AnthropicUsage AtBegin(OpenAiUsage? told, long estimate) => told is { } usage
        ? new AnthropicUsage(Math.Max(usage.Prompt - usage.Cached - usage.CacheWritten, 0), 0, usage.Cached, usage.CacheWritten)
        : new AnthropicUsage(estimate, 0, 0, 0);

    /// <param name="more">Further members, with a comma before the first.</param>
    public void WriteTo(JsonBuffer json, ReadOnlySpan<byte> more = default) => json
        .Add("{\"input_tokens\":"u8).Add(Input).Add(",\"cache_creation_input_tokens\":"u8).Add(CacheWritten)
        .Add(",\"cache_read_input_tokens\":"u8).Add(CacheRead).Add(",\"output_tokens\":"u8).Add(Output).Add(more).Add("}"u8);
}
