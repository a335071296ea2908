using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansLlm.Providers.Responses;

/// <summary>The output of a response that comes whole, told as the events that it would have come in.</summary>
internal static class ResponsesOutput
{
    private static readonly byte[] Nothing = "\"\""u8.ToArray();

    public static void Retell(JsonElement response, IAnswer to, List<UpstreamChunk> chunks)
    {
        if (!response.TryGetProperty("output", out var output) || output.ValueKind != JsonValueKind.Array) return;
        var place = 0;
        foreach (var item in output.EnumerateArray())
        {
            switch (ChatMessage.Type(item))
            {
                case "message":
                    Retell(Items(item, "content"), place, to, chunks);
                    break;
                case "reasoning":
                    Retell(Items(item, "summary"), place, to, chunks);
                    Retell(Items(item, "content"), place, to, chunks);
                    break;
                case "function_call" or "custom_tool_call":
                    Tell("response.output_item.done", place, "item", JsonMarshal.GetRawUtf8Value(item), 0, to, chunks);
                    break;
            }

            place++;
        }
    }

    /// <summary>Where words are from, as a chat's annotation.</summary>
    /// <param name="before">Characters of the message before the part that it is in.</param>
    /// <returns>Null: it is none that a chat has.</returns>
    public static byte[]? Citation(JsonElement annotation, long before = 0)
    {
        if (ChatMessage.Type(annotation) != "url_citation") return null;
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("type", "url_citation");
            json.WriteStartObject("url_citation");
            foreach (var member in annotation.EnumerateObject())
            {
                // A chat's annotation lies deeper than theirs: what has depth of its own would be more than a reader of JSON takes.
                if (member is { Name: "start_index" or "end_index", Value.ValueKind: JsonValueKind.Number } && member.Value.TryGetInt64(out var place) && place is >= 0 and <= int.MaxValue)
                    json.WriteNumber(member.Name, place + before);
                else if (member is { Name: "url" or "title", Value.ValueKind: JsonValueKind.String }) member.WriteTo(json);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static void Retell(IEnumerable<JsonElement> parts, int place, IAnswer to, List<UpstreamChunk> chunks)
    {
        var number = 0;
        foreach (var part in parts)
        {
            var (type, field) = ChatMessage.Type(part) switch
            {
                "output_text" => ("response.output_text.delta", "text"),
                "refusal" => ("response.refusal.delta", "refusal"),
                "summary_text" => ("response.reasoning_summary_text.delta", "text"),
                "reasoning_text" => ("response.reasoning_text.delta", "text"),
                _ => ("", ""),
            };
            if (type.Length > 0) Tell(type, place, "delta", part.TryGetProperty(field, out var text) ? JsonMarshal.GetRawUtf8Value(text) : Nothing, number, to, chunks);
            foreach (var annotation in Items(part, "annotations")) Tell("response.output_text.annotation.added", place, "annotation", JsonMarshal.GetRawUtf8Value(annotation), number, to, chunks);
            number++;
        }
    }

    private static void Tell(string type, int place, string name, ReadOnlySpan<byte> value, int part, IAnswer to, List<UpstreamChunk> chunks)
    {
        var output = new ArrayBufferWriter<byte>(value.Length + 128);
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteNumber("output_index", place);
            json.WriteNumber("content_index", part);
            json.WritePropertyName(name);
            json.WriteRawValue(value, skipInputValidation: true);
            json.WriteEndObject();
        }

        to.Read(output.WrittenSpan, chunks);
    }

    private static IEnumerable<JsonElement> Items(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : [];
}
