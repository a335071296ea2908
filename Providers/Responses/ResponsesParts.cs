using System.Text.Json;

namespace OrleansLlm.Providers.Responses;

/// <summary>Parts of a user's message and of a tool's result.</summary>
internal static class ResponsesParts
{
    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public static void Write(Utf8JsonWriter json, JsonElement part, string where)
    {
        var text = ChatMessage.Text(part, where);
        if (text.ValueKind == JsonValueKind.String)
        {
            WriteText(json, text, "input_text");
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

    public static void WriteText(Utf8JsonWriter json, JsonElement text, string type)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WritePropertyName("text");
        ChatMessage.WriteRaw(json, text);
        json.WriteEndObject();
    }

    private static void WriteImage(Utf8JsonWriter json, JsonElement part, string where)
    {
        var (url, _) = ChatMessage.ImageUrl(part, where);
        json.WriteStartObject();
        json.WriteString("type", "input_image");
        json.WriteString("image_url", url);
        if (ChatMessage.String(part.GetProperty("image_url"), "detail") is { } detail) json.WriteString("detail", detail);
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
        json.WriteEndObject();
    }

    private static bool IsAddress(string text) => text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
