using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansLlm.Providers.Ollama;

/// <summary>
/// OpenAI messages as Ollama's: content is one string (an array there is an unmarshal error), images are bare base64, tool arguments are
/// objects, and a tool result names its tool.
/// </summary>
internal static class OllamaMessages
{
    public static void Write(Utf8JsonWriter json, JsonElement body)
    {
        var toolNames = new Dictionary<string, string>();
        json.WriteStartArray("messages");
        foreach (var (message, role, where) in ChatMessage.AllWithResultsInOrder(body))
        {
            json.WriteStartObject();
            json.WriteString("role", role);
            WriteContent(json, message, where);
            if (role == "assistant")
            {
                WriteThinking(json, message);
                WriteToolCalls(json, message, where, toolNames);
            }

            if (role == "tool") WriteToolResult(json, message, toolNames);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteContent(Utf8JsonWriter json, JsonElement message, string where)
    {
        var images = new List<string>();
        json.WritePropertyName("content");
        if (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null)
        {
            json.WriteStringValue("");
        }
        else if (content.ValueKind == JsonValueKind.String)
        {
            content.WriteTo(json);
        }
        else if (content.ValueKind == JsonValueKind.Array)
        {
            WriteParts(json, content, where + ".content", images);
        }
        else
        {
            throw UpstreamException.CallerFault(where + ".content", $"{where}.content must be a string or an array of content parts.");
        }

        var given = message.TryGetProperty("images", out var own) && own.ValueKind == JsonValueKind.Array ? own : default;
        if (images.Count == 0 && given.ValueKind != JsonValueKind.Array) return;
        json.WriteStartArray("images");
        foreach (var image in images) json.WriteStringValue(image);
        if (given.ValueKind == JsonValueKind.Array)
        {
            foreach (var image in given.EnumerateArray()) image.WriteTo(json);
        }

        json.WriteEndArray();
    }

    /// <summary>The text parts, one below the other, copied with their escapes.</summary>
    private static void WriteParts(Utf8JsonWriter json, JsonElement parts, string where, List<string> images)
    {
        var text = new ArrayBufferWriter<byte>();
        text.Write("\""u8);
        var at = 0;
        foreach (var part in parts.EnumerateArray())
        {
            var here = $"{where}[{at++}]";
            if (part.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(here, $"{here} must be an object.");
            var type = part.TryGetProperty("type", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
            switch (type)
            {
                case "text" or "input_text" or "output_text":
                    AddText(text, part, "text", here);
                    break;
                case "refusal":
                    AddText(text, part, "refusal", here);
                    break;
                case "image_url":
                    images.Add(Image(part, here));
                    break;
                default:
                    throw UpstreamException.CallerFault(here + ".type", $"{here}.type must be text or image_url: Ollama takes nothing else.", type == "file" ? "file_not_supported" : null);
            }
        }

        text.Write("\""u8);
        json.WriteRawValue(text.WrittenSpan, skipInputValidation: true);
    }

    private static void AddText(ArrayBufferWriter<byte> text, JsonElement part, string name, string where)
    {
        if (!part.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            throw UpstreamException.CallerFault($"{where}.{name}", $"{where}.{name} must be a string.");
        if (text.WrittenCount > 1) text.Write("\\n"u8);
        text.Write(JsonMarshal.GetRawUtf8Value(value)[1..^1]);
    }

    private static string Image(JsonElement part, string where)
    {
        var (url, here) = ChatMessage.ImageUrl(part, where);
        if (DataUri.Is(url)) return DataUri.Parse(url, here).Base64;
        // Fetching an address that a client chose, from inside the operator's network, is what SSRF is.
        throw UpstreamException.CallerFault(
            here, $"{here} must be a data: URI with base64 content. This model is served by Ollama, and images are not fetched from other addresses.");
    }

    private static void WriteThinking(Utf8JsonWriter json, JsonElement message)
    {
        if ((message.TryGetProperty("reasoning_content", out var thinking) && thinking.ValueKind == JsonValueKind.String)
            || (message.TryGetProperty("reasoning", out thinking) && thinking.ValueKind == JsonValueKind.String))
        {
            json.WritePropertyName("thinking");
            thinking.WriteTo(json);
        }
    }

    private static void WriteToolCalls(Utf8JsonWriter json, JsonElement message, string where, Dictionary<string, string> toolNames)
    {
        var calls = ChatMessage.Calls(message, where).ToList();
        if (calls.Count == 0) return;
        json.WriteStartArray("tool_calls");
        for (var at = 0; at < calls.Count; at++)
        {
            var (_, id, name, function, here) = calls[at];
            json.WriteStartObject();
            if (id is not null)
            {
                toolNames[id] = name;
                json.WriteString("id", id);
            }

            json.WriteStartObject("function");
            json.WriteNumber("index", at);
            json.WriteString("name", name);
            json.WritePropertyName("arguments");
            ChatMessage.WriteArguments(json, function, here);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteToolResult(Utf8JsonWriter json, JsonElement message, Dictionary<string, string> toolNames)
    {
        string? name = null;
        if (message.TryGetProperty("tool_call_id", out var id) && id.ValueKind == JsonValueKind.String)
        {
            json.WritePropertyName("tool_call_id");
            id.WriteTo(json);
            toolNames.TryGetValue(id.GetString()!, out name);
        }

        if (name is null && (message.TryGetProperty("tool_name", out var named) || message.TryGetProperty("name", out named))
            && named.ValueKind == JsonValueKind.String)
        {
            name = named.GetString();
        }

        if (name is not null) json.WriteString("tool_name", name);
    }
}
