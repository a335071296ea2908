using System.Runtime.InteropServices;
using System.Text.Json;

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

    /// <summary>As it stands: a token may be half a character.</summary>
    public static byte[]? Of(JsonElement logprobs) =>
        logprobs.ValueKind == JsonValueKind.Object && logprobs.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array
            ? JsonMarshal.GetRawUtf8Value(content).ToArray() : null;
}
