using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Ollama;

/// <summary>Ollama's messages as OpenAI's: images become parts, arguments text, and results of tools find the call that they answer.</summary>
internal sealed class OllamaMessages(Utf8JsonWriter json)
{
    private OpenCalls _open = new();
    private int _calls;

    public void Write(JsonElement messages)
    {
        var at = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var where = $"messages[{at++}].";
            if (message.ValueKind != JsonValueKind.Object) throw Json.Wrong(where[..^1], "an object");
            var role = Json.NeededText(message, "role", where);
            json.WriteStartObject();
            json.WriteString("role", role);
            if (role == "tool") json.WriteString("tool_call_id", AnsweredBy(message, where));
            WriteContent(json, Json.Text(message, "content", where), Json.Array(message, "images", where), where);
            if (Json.Text(message, "thinking", where) is { Length: > 0 } thinking) json.WriteString("reasoning_content", thinking);
            if (Json.Array(message, "tool_calls", where) is { } calls && calls.GetArrayLength() > 0) WriteCalls(calls, where);
            json.WriteEndObject();
        }
    }

    /// <summary>The property <c>content</c>.</summary>
    public static void WriteContent(Utf8JsonWriter json, string? text, JsonElement? images, string where)
    {
        if (images is not { } pictures || pictures.GetArrayLength() == 0)
        {
            json.WriteString("content", text ?? "");
            return;
        }

        json.WriteStartArray("content");
        if (!string.IsNullOrEmpty(text))
        {
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteString("text", text);
            json.WriteEndObject();
        }

        foreach (var picture in pictures.EnumerateArray())
        {
            if (picture.ValueKind != JsonValueKind.String) throw Json.Wrong(where + "images", "an array of base64 texts");
            json.WriteStartObject();
            json.WriteString("type", "image_url");
            json.WriteStartObject("image_url");
            json.WriteString("url", DataUrl(picture.GetString()!));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteCalls(JsonElement calls, string where)
    {
        _open = new OpenCalls();
        json.WriteStartArray("tool_calls");
        foreach (var call in calls.EnumerateArray())
        {
            var function = call.ValueKind == JsonValueKind.Object ? Json.Object(call, "function", where + "tool_calls.") : null;
            if (function is not { } called) throw Json.Wrong(where + "tool_calls", "objects with a function");
            var name = Json.NeededText(called, "name", where + "tool_calls.function.");
            var id = Json.Text(call, "id", where + "tool_calls.") is { Length: > 0 } given ? given : $"call_{_calls}";
            _calls++;
            _open.Add(id, name);
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", name);
            json.WriteString("arguments", Json.Object(called, "arguments", where + "tool_calls.function.")?.GetRawText() ?? "{}");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The call it names; else the first unanswered one of its tool; else the first unanswered one.</summary>
    private string AnsweredBy(JsonElement message, string where)
    {
        if (Json.Text(message, "tool_call_id", where) is { Length: > 0 } id)
        {
            _open.Answer(id);
            return id;
        }

        var name = Json.Text(message, "tool_name", where) ?? Json.Text(message, "name", where);
        return _open.AnswerNext(name) ?? $"call_{name ?? "unknown"}";
    }

    /// <summary>The kind of a picture by its first bytes, in base64.</summary>
    private static string DataUrl(string base64)
    {
        if (base64.StartsWith("data:", StringComparison.Ordinal)) return base64;
        var kind = base64 switch
        {
            _ when base64.StartsWith("/9j/", StringComparison.Ordinal) => "jpeg",
            _ when base64.StartsWith("R0lGOD", StringComparison.Ordinal) => "gif",
            _ when base64.StartsWith("UklGR", StringComparison.Ordinal) => "webp",
            _ => "png",
        };
        return $"data:image/{kind};base64,{base64}";
    }
}
