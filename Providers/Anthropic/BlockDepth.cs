using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>How deep a block lies within itself: in a chunk it lies deeper still.</summary>
internal static class BlockDepth
{
    private const int Deepest = 32;

    /// <summary>No object or array in it.</summary>
    public static bool IsFlat(ReadOnlySpan<byte> block) => IsWithin(block, 1);

    public static bool IsShallow(ReadOnlySpan<byte> block) => IsWithin(block, Deepest);

    private static bool IsWithin(ReadOnlySpan<byte> block, int levels)
    {
        var reader = new Utf8JsonReader(block, NestedJson.Reader);
        while (reader.Read())
        {
            // An object's own level is counted within it.
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= levels) return false;
        }

        return true;
    }
}
