using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>
/// What Anthropic tells of a message and a call besides what OpenAI has words for (<c>container</c>, <c>stop_details</c>, <c>context_management</c>, <c>caller</c>, counts of more kinds …):
/// handed on as it is, for a client that speaks its words.
/// </summary>
internal static class OwnMembers
{
    private static readonly string[] OfMessages = ["id", "type", "role", "content", "model", "stop_reason", "stop_sequence"];
    private static readonly string[] OfDeltas = ["stop_reason", "stop_sequence"];
    private static readonly string[] OfUsages = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
    private static readonly string[] OfCalls = ["type", "id", "name", "input"];

    /// <param name="frame">A <c>message_start</c>.</param>
    /// <returns>A member of a choice, with a comma before it; empty: there is nothing.</returns>
    public static byte[] AtStart(ReadOnlySpan<byte> frame) => Told(ChatMessage.OwnStart, frame, static root => root.TryGetProperty("message", out var message) ? message : default, OfMessages);

    /// <param name="frame">A <c>message_delta</c>.</param>
    /// <returns>As <see cref="AtStart"/>.</returns>
    public static byte[] AtEnd(ReadOnlySpan<byte> frame) => Told(ChatMessage.OwnEnd, frame, static root => root, OfMessages);

    /// <param name="block">A <c>tool_use</c>.</param>
    /// <returns>A member of a call, with a comma before it; empty: there is nothing.</returns>
    public static string OfCall(ReadOnlySpan<byte> block) => Encoding.UTF8.GetString(Told(ChatMessage.OwnCall, block, static root => root, OfCalls));

    private static byte[] Told(string name, ReadOnlySpan<byte> json, Func<JsonElement, JsonElement> within, string[] known)
    {
        // What lies deeper is none of theirs, and a name that nobody can read cannot even be compared.
        if (JsonText.HasHalfName(json) || !BlockDepth.IsShallow(json)) return [];
        using var document = JsonDocument.Parse(json.ToArray(), NestedJson.Document);
        if (within(document.RootElement) is not { ValueKind: JsonValueKind.Object } told) return [];
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            writer.WriteStartObject();
            Write(writer, told, known);
            writer.WriteEndObject();
        }

        return output.WrittenCount <= 2 ? [] : [.. ","u8, .. JsonText.Quote(name), .. ":"u8, .. output.WrittenSpan];
    }

    private static void Write(Utf8JsonWriter json, JsonElement from, string[] known)
    {
        foreach (var member in from.EnumerateObject())
        {
            var within = Within(member, known);
            if (!IsTold(member, known) || (within is not null && !member.Value.EnumerateObject().Any(inner => IsTold(inner, within)))) continue;
            if (within is null)
            {
                member.WriteTo(json);
                continue;
            }

            json.WriteStartObject(member.Name);
            Write(json, member.Value, within);
            json.WriteEndObject();
        }
    }

    private static bool IsTold(JsonProperty member, string[] known) => !known.Contains(member.Name) && member.Value.ValueKind != JsonValueKind.Null;

    /// <returns>What is known of the members of this one; null: it goes as it is.</returns>
    private static string[]? Within(JsonProperty member, string[] of) => member.Value.ValueKind != JsonValueKind.Object || of != OfMessages ? null : member.Name switch
    {
        "usage" => OfUsages,
        "delta" => OfDeltas,
        _ => null,
    };
}
