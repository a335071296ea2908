using System.Text.Json;

namespace OrleansLlm.Providers.Gemini;

/// <summary>
/// OpenAI messages as Gemini's contents: system texts stand apart, tool results are a user's and name their function, neighbours of one role
/// are one content.
/// </summary>
internal static class GeminiContents
{
    /// <summary>What Google's documentation tells to send where a signature was lost on the way (ai.google.dev, "Thought signatures").</summary>
    private const string NoSignature = "skip_thought_signature_validator";

    public static void Write(Utf8JsonWriter json, JsonElement body, string model)
    {
        var all = ChatMessage.AllWithResultsInOrder(body);
        WriteSystem(json, all.FindAll(m => m.Role == "system"));
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        string? open = null;
        List<Action<Utf8JsonWriter>> shown = [];
        json.WriteStartArray("contents");
        foreach (var (message, role, where) in all)
        {
            if (role == "system") continue;
            if (role != "tool") WriteAll(json, shown);
            var parts = role switch
            {
                "assistant" => Answer(message, where, names, GeminiModels.ThinksByLevel(model)),
                "tool" => Result(message, where, names, shown),
                _ => Parts(message, where, isAlone: true),
            };
            if (parts.Count == 0) continue;
            var speaker = role == "assistant" ? "model" : "user";
            if (speaker != open)
            {
                if (open is not null) Close(json);
                json.WriteStartObject();
                json.WriteString("role", speaker);
                json.WriteStartArray("parts");
                open = speaker;
            }

            WriteAll(json, parts);
        }

        WriteAll(json, shown);
        if (open is not null) Close(json);
        json.WriteEndArray();
    }

    private static void WriteAll(Utf8JsonWriter json, List<Action<Utf8JsonWriter>> parts)
    {
        foreach (var part in parts) part(json);
        parts.Clear();
    }

    private static void Close(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSystem(Utf8JsonWriter json, List<(JsonElement Message, string Role, string Where)> messages)
    {
        var texts = messages.SelectMany(m => ChatMessage.Parts(m.Message, m.Where)).Select(p => (Text: ChatMessage.Text(p.Part, p.Where), p.Where)).ToList();
        if (texts.Count == 0) return;
        json.WriteStartObject("systemInstruction");
        json.WriteStartArray("parts");
        foreach (var (text, where) in texts)
        {
            if (text.ValueKind == JsonValueKind.Undefined) throw UpstreamException.CallerFault(where + ".type", $"{where}.type must be text in a system message.");
            WriteText(json, text);
        }

        Close(json);
    }

    /// <param name="isAlone">Nothing else comes beside them.</param>
    private static List<Action<Utf8JsonWriter>> Parts(JsonElement message, string where, bool isAlone)
    {
        var parts = new List<Action<Utf8JsonWriter>>();
        JsonElement empty = default;
        foreach (var (part, here) in ChatMessage.Parts(message, where))
        {
            var text = ChatMessage.Text(part, here);
            if (text.ValueKind == JsonValueKind.Undefined) parts.Add(json => WritePart(json, part, here));
            // The service refuses a part that says nothing.
            else if (text.ValueEquals(""u8)) empty = text;
            else parts.Add(json => WriteText(json, text));
        }

        if (isAlone && parts.Count == 0 && empty.ValueKind == JsonValueKind.String) parts.Add(json => WriteText(json, empty));
        return parts;
    }

    private static List<Action<Utf8JsonWriter>> Answer(JsonElement message, string where, Dictionary<string, string> names, bool wantsSignature)
    {
        var parts = Parts(message, where, isAlone: !ChatMessage.Calls(message, where).Any());
        var isFirst = true;
        foreach (var (call, id, name, function, here) in ChatMessage.Calls(message, where))
        {
            if (id is not null) names[id] = name;
            var signature = Signature(call) ?? Signature(function) ?? (wantsSignature && isFirst ? NoSignature : null);
            isFirst = false;
            parts.Add(json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("functionCall");
                json.WriteString("name", name);
                json.WritePropertyName("args");
                ChatMessage.WriteArguments(json, function, here);
                json.WriteEndObject();
                if (signature is not null) json.WriteString("thoughtSignature", signature);
                json.WriteEndObject();
            });
        }

        return parts;
    }

    /// <summary>In Google's own field for OpenAI clients, or LiteLLM's.</summary>
    private static string? Signature(JsonElement holder)
    {
        if (holder.TryGetProperty("extra_content", out var extra) && extra.ValueKind == JsonValueKind.Object && extra.TryGetProperty("google", out var google)
            && ChatMessage.String(google, "thought_signature") is { } signature)
        {
            return signature;
        }

        return holder.TryGetProperty("provider_specific_fields", out var fields) ? ChatMessage.String(fields, "thought_signature") : null;
    }

    private static void WriteText(Utf8JsonWriter json, JsonElement text)
    {
        json.WriteStartObject();
        json.WritePropertyName("text");
        ChatMessage.WriteRaw(json, text);
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, JsonElement part, string where)
    {
        switch (ChatMessage.Type(part))
        {
            case "image_url":
                var (url, here) = ChatMessage.ImageUrl(part, where);
                WriteMedia(json, url, here, "image/jpeg");
                break;
            case "input_audio" when part.TryGetProperty("input_audio", out var audio) && ChatMessage.String(audio, "data") is { } sound:
                WriteInline(json, new DataUri("audio/" + (ChatMessage.String(audio, "format") ?? "wav"), sound));
                break;
            case "file" when part.TryGetProperty("file", out var file) && (ChatMessage.String(file, "file_data") ?? ChatMessage.String(file, "file_id")) is { } data:
                WriteMedia(json, data, where + ".file.file_data", ChatMessage.String(file, "format") ?? "application/pdf");
                break;
            default:
                throw UpstreamException.CallerFault(where + ".type", $"{where}.type must be text, image_url, input_audio or file: Gemini takes nothing else.");
        }
    }

    private static void WriteMedia(Utf8JsonWriter json, string url, string where, string usualType)
    {
        if (DataUri.Is(url))
        {
            WriteInline(json, DataUri.Parse(url, where));
            return;
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var address)) throw UpstreamException.CallerFault(where, $"{where} must be a data: URI or an address.");

        // The service fetches it itself, and wants to be told what it is.
        json.WriteStartObject();
        json.WriteStartObject("fileData");
        json.WriteString("mimeType", Path.GetExtension(address.AbsolutePath).ToLowerInvariant() switch
        {
            ".png" => "image/png",
            ".gif" => "image/gif",
            ".webp" => "image/webp",
            ".jpg" or ".jpeg" => "image/jpeg",
            ".pdf" => "application/pdf",
            ".mp4" => "video/mp4",
            _ => usualType,
        });
        json.WriteString("fileUri", url);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteInline(Utf8JsonWriter json, DataUri data)
    {
        json.WriteStartObject();
        json.WriteStartObject("inlineData");
        json.WriteString("mimeType", data.MediaType);
        json.WriteString("data", data.Base64);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <param name="shown">Gets what the tool shows besides words: a result has none, and those of one turn stay together.</param>
    private static List<Action<Utf8JsonWriter>> Result(JsonElement message, string where, Dictionary<string, string> names, List<Action<Utf8JsonWriter>> shown)
    {
        foreach (var (part, here) in ChatMessage.Parts(message, where))
        {
            if (ChatMessage.Text(part, here).ValueKind == JsonValueKind.Undefined) shown.Add(json => WritePart(json, part, here));
        }

        return [json => WriteResult(json, message, where, names)];
    }

    private static void WriteResult(Utf8JsonWriter json, JsonElement message, string where, Dictionary<string, string> names)
    {
        var name = ChatMessage.String(message, "tool_call_id") is { } id && names.TryGetValue(id, out var called) ? called : ChatMessage.String(message, "name");
        if (name is null) throw UpstreamException.CallerFault(where + ".tool_call_id", $"{where}.tool_call_id names no tool call before it.");
        var texts = string.Join('\n', ChatMessage.Parts(message, where).Select(p => ChatMessage.Text(p.Part, p.Where)).Where(t => t.ValueKind == JsonValueKind.String).Select(t => t.GetString()));
        json.WriteStartObject();
        json.WriteStartObject("functionResponse");
        json.WriteString("name", name);
        json.WritePropertyName("response");
        if (AsObject(texts) is { } result)
        {
            using (result) result.RootElement.WriteTo(json);
        }
        else
        {
            json.WriteStartObject();
            json.WriteString("content", texts);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static JsonDocument? AsObject(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{")) return null;
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
