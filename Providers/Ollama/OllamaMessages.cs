using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansLlm.Providers.Ollama;

/// <summary>
/// OpenAI messages as Ollama's: content is one string (an array there is an unmarshal error), images are bare base64, tool arguments are
/// objects, and a tool result names its tool.
/// </summary>
internal static class OllamaMessages
{
    public static void Write(Utf8JsonWriter json, JsonElement messages)
    {
        var toolNames = new Dictionary<string, string>();
        json.WriteStartArray("messages");
        var at = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var where = $"messages[{at++}]";
            if (message.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(where, $"{where} must be an object.");
            json.WriteStartObject();
            var role = Role(message, where);
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

    private static string Role(JsonElement message, string where)
    {
        var role = message.TryGetProperty("role", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        return role switch
        {
            "system" or "user" or "assistant" or "tool" => role,
            "developer" => "system",
            "function" => "tool",
            _ => throw UpstreamException.CallerFault(
                where + ".role", $"{where}.role must be system, developer, user, assistant, tool or function."),
        };
    }

    private static void WriteContent(Utf8JsonWriter json, JsonElement message, string where)
    {
        var images = new List<JsonElement>();
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
        foreach (var image in images) WriteBase64(json, image);
        if (given.ValueKind == JsonValueKind.Array)
        {
            foreach (var image in given.EnumerateArray()) image.WriteTo(json);
        }

        json.WriteEndArray();
    }

    /// <summary>The text parts, one below the other, copied with their escapes.</summary>
    private static void WriteParts(Utf8JsonWriter json, JsonElement parts, string where, List<JsonElement> images)
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
                    images.Add(ImageUrl(part, here));
                    break;
                default:
                    throw UpstreamException.CallerFault(here + ".type", $"{here}.type must be text or image_url: Ollama takes nothing else.");
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

    private static JsonElement ImageUrl(JsonElement part, string where)
    {
        where += ".image_url";
        if (!part.TryGetProperty("image_url", out var url)) throw UpstreamException.CallerFault(where, $"{where} is missing.");
        if (url.ValueKind == JsonValueKind.Object)
        {
            where += ".url";
            url = url.TryGetProperty("url", out var inner) ? inner : default;
        }

        if (url.ValueKind != JsonValueKind.String) throw UpstreamException.CallerFault(where, $"{where} must be a string.");
        var text = url.GetString()!;
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        if (!text.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            // Fetching an address that a client chose, from inside the operator's network, is what SSRF is.
            throw UpstreamException.CallerFault(
                where,
                $"{where} must be a data: URI with base64 content. This model is served by Ollama, and images are not fetched from other addresses.");
        }

        if (comma < 0 || !text[..comma].EndsWith(";base64", StringComparison.OrdinalIgnoreCase) || !Base64.IsValid(text.AsSpan(comma + 1)))
            throw UpstreamException.CallerFault(where, $"{where} must be a data: URI with base64 content.");
        return url;
    }

    private static void WriteBase64(Utf8JsonWriter json, JsonElement dataUri)
    {
        var text = dataUri.GetString()!;
        json.WriteStringValue(text.AsSpan(text.IndexOf(',', StringComparison.Ordinal) + 1));
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
        if (!message.TryGetProperty("tool_calls", out var calls) || calls.ValueKind == JsonValueKind.Null) return;
        where += ".tool_calls";
        if (calls.ValueKind != JsonValueKind.Array) throw UpstreamException.CallerFault(where, $"{where} must be an array.");
        json.WriteStartArray("tool_calls");
        var at = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var here = $"{where}[{at}]";
            if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object)
                throw UpstreamException.CallerFault(here + ".function", $"{here}.function must be an object.");
            if (!function.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
                throw UpstreamException.CallerFault(here + ".function.name", $"{here}.function.name must be a string.");
            json.WriteStartObject();
            if (call.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String)
            {
                toolNames[id.GetString()!] = name.GetString()!;
                json.WritePropertyName("id");
                id.WriteTo(json);
            }

            json.WriteStartObject("function");
            json.WriteNumber("index", at++);
            json.WritePropertyName("name");
            name.WriteTo(json);
            json.WritePropertyName("arguments");
            WriteArguments(json, function, here + ".function.arguments");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteArguments(Utf8JsonWriter json, JsonElement function, string where)
    {
        if (!function.TryGetProperty("arguments", out var arguments) || arguments.ValueKind == JsonValueKind.Null
            || (arguments.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(arguments.GetString())))
        {
            json.WriteStartObject();
            json.WriteEndObject();
            return;
        }

        if (arguments.ValueKind == JsonValueKind.Object)
        {
            arguments.WriteTo(json);
            return;
        }

        if (arguments.ValueKind != JsonValueKind.String) throw UpstreamException.CallerFault(where, $"{where} must be a string with a JSON object in it.");
        try
        {
            using var parsed = JsonDocument.Parse(arguments.GetString()!, new JsonDocumentOptions { MaxDepth = 1000 });
            if (parsed.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException();
            parsed.RootElement.WriteTo(json);
        }
        catch (JsonException)
        {
            throw UpstreamException.CallerFault(where, $"{where} must be a string with a JSON object in it.");
        }
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
