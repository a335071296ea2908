using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Ollama;

/// <summary>OpenAI's <c>logprobs.content</c> is what Ollama has as <c>logprobs</c>.</summary>
internal static class OllamaLogprobs
{
    /// <returns>An array; null: there is none.</returns>
    public static byte[]? Of(ReadOnlySpan<byte> logprobs)
    {
        using var document = JsonDocument.Parse(logprobs.ToArray());
        return Of(document.RootElement);
    }

    public static byte[]? Of(JsonElement logprobs) =>
        logprobs.ValueKind == JsonValueKind.Object && logprobs.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array
            ? JsonBuffer.Write(content.WriteTo).ToArray() : null;
}
