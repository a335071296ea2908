using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>What a message of Anthropic's is made of, as OpenAI's content parts.</summary>
internal sealed class AnthropicParts(Utf8JsonWriter json, AnthropicWords known, List<string> dropped)
{
    /// <returns>False: there is no such block.</returns>
    public bool TryWrite(JsonElement block, string type, string where)
    {
        switch (type)
        {
            case "text":
                WriteText(block, where);
                return true;
            case "image":
                WriteImage(block, where);
                return true;
            case "document":
                WriteDocument(block, where);
                return true;
            // What only Claude knows, as it is.
            case "search_result" or "tool_reference" or "container_upload" or SystemWords.Block when known == AnthropicWords.All:
                block.WriteTo(json);
                return true;
            case SystemWords.Block:
                // What has no words was told when it was found to be there.
                WriteTexts(SystemWords.Of(Json.Any(block, "content") ?? throw Json.Missing(where + ".content"), where + ".content", known, []), block);
                return true;
            case "search_result":
                WriteTexts(Json.Array(block, "content", where + ".") ?? throw Json.Missing(where + ".content"), where + ".content", block);
                return true;
            default:
                return false;
        }
    }

    public void WriteText(JsonElement block, string where) => WriteText(RawText(block, where), block);

    /// <param name="texts">JSON strings, each with the block that it is of.</param>
    /// <param name="whole">The block that they are all of: what is cached up to its end is cached up to the last of them. Undefined: there is none.</param>
    public void WriteTexts(List<(byte[] Text, JsonElement Block)> texts, JsonElement whole)
    {
        for (var at = 0; at < texts.Count; at++) WriteText(texts[at].Text, texts[at].Block, at == texts.Count - 1 ? whole : default);
    }

    /// <summary>How far the client wants the prompt cached. Only Claude is told.</summary>
    public void WriteCacheControl(params ReadOnlySpan<JsonElement> blocks)
    {
        if (known == AnthropicWords.None) return;
        foreach (var block in blocks)
        {
            if (block.ValueKind != JsonValueKind.Object || Json.Any(block, "cache_control") is not { } cache) continue;
            json.WritePropertyName("cache_control");
            cache.WriteTo(json);
            return;
        }
    }

    public static ReadOnlySpan<byte> RawText(JsonElement block, string where)
    {
        if (Json.Text(block, "text", where + ".") is null) throw Json.Missing(where + ".text");
        return JsonMarshal.GetRawUtf8Value(block.GetProperty("text"));
    }

    private void WriteImage(JsonElement block, string where)
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
        WriteCacheControl(block);
        json.WriteEndObject();
    }

    private void WriteDocument(JsonElement block, string where)
    {
        var (source, type) = Source(block, where);
        var besides = Besides(block, type);
        switch (type)
        {
            // Said in OpenAI's words it would be a text, and nothing to quote from.
            case "text" or "content" or "base64" when known == AnthropicWords.All && besides.Count > 0:
            case "url" when known == AnthropicWords.All:
                block.WriteTo(json);
                return;
            case "text":
                Json.NeededText(source, "data", where + ".source.");
                WriteText(JsonMarshal.GetRawUtf8Value(source.GetProperty("data")), block);
                break;
            case "content" when Json.Any(source, "content") is { ValueKind: JsonValueKind.String } text:
                WriteText(JsonMarshal.GetRawUtf8Value(text), block);
                break;
            case "content":
                WriteTexts(Json.Array(source, "content", where + ".source.") ?? throw Json.Missing(where + ".source.content"), where + ".source.content", block);
                break;
            case "base64":
                json.WriteStartObject();
                json.WriteString("type", "file");
                json.WriteStartObject("file");
                json.WriteString("filename", Json.Text(block, "title", where + ".") ?? "document.pdf");
                json.WriteString("file_data", $"data:{Json.NeededText(source, "media_type", where + ".source.")};base64,{Json.NeededText(source, "data", where + ".source.")}");
                json.WriteEndObject();
                WriteCacheControl(block);
                json.WriteEndObject();
                break;
            default:
                throw Json.Wrong(where + ".source.type", type == "url" ? "text, content or base64: this model cannot be told of files by their address" : "text, content or base64");
        }

        dropped.AddRange(besides.Except(dropped).ToList());
    }

    private static (JsonElement Source, string Type) Source(JsonElement block, string where)
    {
        var source = Json.Object(block, "source", where + ".") ?? throw Json.Missing(where + ".source");
        return (source, Json.NeededText(source, "type", where + ".source."));
    }

    /// <summary>What a document has that a part of OpenAI's cannot have. A file's name is its title.</summary>
    private static List<string> Besides(JsonElement block, string type)
    {
        var names = new List<string>();
        if (type != "base64" && Json.Any(block, "title") is not null) names.Add("messages.document.title");
        if (Json.Any(block, "context") is not null) names.Add("messages.document.context");
        if (Json.Object(block, "citations", "messages.document.") is { } citations && Json.Flag(citations, "enabled", "messages.document.citations.")) names.Add("messages.document.citations");
        return names;
    }

    /// <param name="whole">The block that they are all of: what is cached up to its end is cached up to the last of them.</param>
    private void WriteTexts(JsonElement parts, string where, JsonElement whole)
    {
        var left = parts.GetArrayLength();
        foreach (var part in parts.EnumerateArray()) WriteText(RawText(part, where), part, --left == 0 ? whole : default);
    }

    /// <param name="quoted">A JSON string.</param>
    private void WriteText(ReadOnlySpan<byte> quoted, params ReadOnlySpan<JsonElement> blocks)
    {
        json.WriteStartObject();
        json.WriteString("type", "text");
        json.WritePropertyName("text");
        json.WriteRawValue(quoted, skipInputValidation: true);
        WriteCacheControl(blocks);
        json.WriteEndObject();
    }
}
