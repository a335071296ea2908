using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansLlm.Api.Anthropic;

/// <summary>LiteLLM's <c>thinking_blocks</c> of a chunk: thoughts with their signatures, and redacted ones.</summary>
internal static class AnthropicThoughts
{
    public static void Read(ReadOnlySpan<byte> array, AnthropicBlocks blocks)
    {
        using var document = JsonDocument.Parse(array.ToArray());
        foreach (var thought in document.RootElement.EnumerateArray())
        {
            if (thought.ValueKind != JsonValueKind.Object) continue;
            if (thought.TryGetProperty("type", out var type) && type.ValueEquals("redacted_thinking"))
            {
                blocks.Whole(JsonMarshal.GetRawUtf8Value(thought));
                continue;
            }

            // Said piece by piece already, as reasoning_content.
            if (!blocks.IsThinking && HasText(thought, "thinking", out var text)) blocks.Thinking(text);
            if (HasText(thought, "signature", out var signature)) blocks.Signature(signature);
        }
    }

    private static bool HasText(JsonElement from, string name, out ReadOnlySpan<byte> quoted)
    {
        quoted = default;
        if (!from.TryGetProperty(name, out var text) || text.ValueKind != JsonValueKind.String) return false;
        quoted = JsonMarshal.GetRawUtf8Value(text);
        return quoted.Length > 2;
    }
}
