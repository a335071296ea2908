using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>What a user's message can hold besides plain words, as OpenAI's content parts.</summary>
internal static class AnthropicParts
{
    /// <returns>False: there is no such block.</returns>
    public static bool TryWrite(Utf8JsonWriter json, JsonElement block, string type, string where, Action<JsonElement, string> writeText)
    {
        switch (type)
        {
            case "text":
                writeText(block, where);
                return true;
            case "image":
                WriteImage(json, block, where);
                return true;
            case "document":
                WriteDocument(json, block, where, writeText);
                return true;
            case "search_result":
                foreach (var part in (Json.Array(block, "content", where + ".") ?? throw Json.Missing(where + ".content")).EnumerateArray()) writeText(part, where + ".content");
                return true;
            default:
                return false;
        }
    }

    private static void WriteImage(Utf8JsonWriter json, JsonElement block, string where)
    {
        var (source, type) = Source(block, where);
        var url = type switch
        {
            "base64" => $"data:{Json.NeededText(source, "media_type", where + ".source.")};base64,{Json.NeededText(source, "data", where + ".source.")}",
            "url" => Json.NeededText(source, "url", where + ".source."),
            _ => throw Json.Wrong(where + ".source.type", "base64 or url: this gateway keeps no files"),
        };
        json.WriteStartObject();
        json.WriteString("type", "image_url");
        json.WriteStartObject("image_url");
        json.WriteString("url", url);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteDocument(Utf8JsonWriter json, JsonElement block, string where, Action<JsonElement, string> writeText)
    {
        var (source, type) = Source(block, where);
        switch (type)
        {
            case "text":
                WriteText(json, Json.NeededText(source, "data", where + ".source."));
                break;
            case "content" when Json.Any(source, "content") is { ValueKind: JsonValueKind.String } text:
                WriteText(json, text.GetString()!);
                break;
            case "content":
                foreach (var part in (Json.Array(source, "content", where + ".source.") ?? throw Json.Missing(where + ".source.content")).EnumerateArray())
                {
                    writeText(part, where + ".source.content");
                }

                break;
            case "base64":
                json.WriteStartObject();
                json.WriteString("type", "file");
                json.WriteStartObject("file");
                json.WriteString("filename", Json.Text(block, "title", where + ".") ?? "document.pdf");
                json.WriteString("file_data", $"data:{Json.NeededText(source, "media_type", where + ".source.")};base64,{Json.NeededText(source, "data", where + ".source.")}");
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                throw Json.Wrong(where + ".source.type", "text, content or base64");
        }
    }

    private static (JsonElement Source, string Type) Source(JsonElement block, string where)
    {
        var source = Json.Object(block, "source", where + ".") ?? throw Json.Missing(where + ".source");
        return (source, Json.NeededText(source, "type", where + ".source."));
    }

    private static void WriteText(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "text");
        json.WriteString("text", text);
        json.WriteEndObject();
    }
}
