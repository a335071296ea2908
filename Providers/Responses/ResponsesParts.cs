using System.Text.Json;

namespace OrleansLlm.Providers.Responses;

/// <summary>Parts of a user's message and of a tool's result.</summary>
internal static class ResponsesParts
{
    private const string Breakpoint = "prompt_cache_breakpoint";

    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public static void Write(Utf8JsonWriter json, JsonElement part, string where)
    {
        var text = ChatMessage.Text(part, where);
        if (text.ValueKind == JsonValueKind.String)
        {
            WriteText(json, text, "input_text", part);
            return;
        }

        switch (ChatMessage.Type(part))
        {
            case "image_url":
                WriteImage(json, part, where);
                break;
            case "file":
                WriteFile(json, part, where + ".file");
                break;

            // This API's own parts.
            case "input_image" or "input_file":
                part.WriteTo(json);
                break;
            case "input_audio":
                throw UpstreamException.CallerFault(where + ".type", $"{where}.type must be text, image_url or file: the Responses API takes no audio.");
            default:
                throw UpstreamException.CallerFault(where + ".type", $"{where}.type must be text, image_url or file: the Responses API takes nothing else.");
        }
    }

    /// <summary>It is said up to where the prompt is to be cached, which only a part can have.</summary>
    public static bool HasBreakpoint(JsonElement part) => part.ValueKind == JsonValueKind.Object && part.TryGetProperty(Breakpoint, out var mark) && mark.ValueKind == JsonValueKind.Object;

    /// <param name="part">What the text is of; undefined: an answer of the model's, which has no place up to where it is cached.</param>
    public static void WriteText(Utf8JsonWriter json, JsonElement text, string type, JsonElement part = default)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WritePropertyName("text");
        ChatMessage.WriteRaw(json, text);
        WriteBreakpoint(json, part);
        json.WriteEndObject();
    }

    private static void WriteBreakpoint(Utf8JsonWriter json, JsonElement part)
    {
        if (!HasBreakpoint(part)) return;
        json.WritePropertyName(Breakpoint);
        part.GetProperty(Breakpoint).WriteTo(json);
    }

    private static void WriteImage(Utf8JsonWriter json, JsonElement part, string where)
    {
        var (url, _) = ChatMessage.ImageUrl(part, where);
        json.WriteStartObject();
        json.WriteString("type", "input_image");
        json.WriteString("image_url", url);
        if (ChatMessage.String(part.GetProperty("image_url"), "detail") is { } detail) json.WriteString("detail", detail);
        WriteBreakpoint(json, part);
        json.WriteEndObject();
    }

    private static void WriteFile(Utf8JsonWriter json, JsonElement part, string where)
    {
        part.TryGetProperty("file", out var file);
        var (data, id) = (ChatMessage.String(file, "file_data"), ChatMessage.String(file, "file_id"));
        var given = data ?? id ?? throw UpstreamException.CallerFault(where + ".file_data", $"{where} must have file_data or file_id, a string.");
        json.WriteStartObject();
        json.WriteString("type", "input_file");
        json.WriteString(IsAddress(given) ? "file_url" : data is null ? "file_id" : "file_data", given);
        if (data is not null && !IsAddress(given) && ChatMessage.String(file, "filename") is { } name) json.WriteString("filename", name);
        WriteBreakpoint(json, part);
        json.WriteEndObject();
    }

    private static bool IsAddress(string text) => text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
