using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>A block of Claude's own, as it begins in a stream.</summary>
internal static class OwnBlock
{
    /// <returns>The block with an empty input, and the input as JSON; null: it has none.</returns>
    public static (ReadOnlyMemory<byte> Begin, string? Input) Split(ReadOnlySpan<byte> block)
    {
        using var document = JsonDocument.Parse(block.ToArray(), NestedJson.Document);
        var root = document.RootElement;
        if (!root.TryGetProperty("input", out var input) || input.ValueKind != JsonValueKind.Object) return (block.ToArray(), null);
        var begin = JsonBuffer.Write(json =>
        {
            json.WriteStartObject();
            foreach (var member in root.EnumerateObject())
            {
                json.WritePropertyName(member.Name);
                if (!member.NameEquals("input")) member.Value.WriteTo(json);
                else json.WriteRawValue("{}"u8);
            }

            json.WriteEndObject();
        });
        return (begin, input.GetRawText());
    }
}
