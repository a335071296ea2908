using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>Whether a block can be told: how deep it lies within itself, as in a chunk it lies deeper still, and whether its names can be read.</summary>
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
            // No name of theirs needs an escape, and one that stands for half a character cannot even be compared.
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueIsEscaped) return false;
            // An object's own level is counted within it.
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= levels) return false;
        }

        return true;
    }
}
