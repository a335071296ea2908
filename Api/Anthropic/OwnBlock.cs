using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>A block of Claude's own, as it begins in a stream and goes on.</summary>
internal static class OwnBlock
{
    /// <summary>What the conversation was summed up to.</summary>
    private static readonly string[] OfCompaction = ["content", "encrypted_content"];

    /// <returns>The block without what comes in pieces, and the delta that has it, but for its closing brace; empty: it has nothing of the kind.</returns>
    public static (ReadOnlyMemory<byte> Begin, ReadOnlyMemory<byte> Delta) Split(ReadOnlySpan<byte> block)
    {
        using var document = JsonDocument.Parse(block.ToArray(), NestedJson.Document);
        var root = document.RootElement;
        if (root.TryGetProperty("type", out var type) && type.ValueEquals("compaction"u8)) return (With(root, OfCompaction, "null"u8), Compaction(root));
        if (!root.TryGetProperty("input", out var input) || input.ValueKind != JsonValueKind.Object) return (block.ToArray(), default);
        return (With(root, ["input"], "{}"u8), (byte[])[.. "{\"type\":\"input_json_delta\",\"partial_json\":"u8, .. JsonBuffer.Quote(input.GetRawText())]);
    }

    private static byte[] Compaction(JsonElement block)
    {
        var json = new JsonBuffer().Begin("{\"type\":\"compaction_delta\""u8);
        foreach (var name in OfCompaction)
        {
            if (block.TryGetProperty(name, out var value)) json.Add(","u8).Add(name).Add(":"u8).Add(JsonMarshal.GetRawUtf8Value(value));
        }

        return json.Written.ToArray();
    }

    private static ReadOnlyMemory<byte> With(JsonElement block, string[] names, ReadOnlySpan<byte> value)
    {
        var instead = value.ToArray();
        return JsonBuffer.Write(json =>
        {
            json.WriteStartObject();
            foreach (var member in block.EnumerateObject())
            {
                json.WritePropertyName(member.Name);
                if (names.Contains(member.Name)) json.WriteRawValue(instead);
                else member.Value.WriteTo(json);
            }

            json.WriteEndObject();
        });
    }
}
