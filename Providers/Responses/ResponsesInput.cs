using System.Text.Json;

namespace OrleansLlm.Providers.Responses;

/// <summary>
/// Messages as items of input. System prompts stand where they stood: <c>instructions</c> would be told again in every response, and the beginning of a prompt is what is
/// cached. What a model has thought is not told again: this API takes it in items of its own only, which no chat message has.
/// </summary>
internal static class ResponsesInput
{
    public static void Write(Utf8JsonWriter json, JsonElement body)
    {
        // Results must be told as the calls were: only those say which kind they are.
        var custom = new HashSet<string>(StringComparer.Ordinal);
        json.WriteStartArray("input");
        foreach (var (message, role, where) in ChatMessage.All(body))
        {
            if (role == "tool") WriteResult(json, message, where, custom);
            else WriteMessage(json, message, role, where);
            if (role == "assistant") WriteCalls(json, message, where, custom);
        }

        json.WriteEndArray();
    }

    private static void WriteMessage(Utf8JsonWriter json, JsonElement message, string role, string where)
    {
        var parts = ChatMessage.Parts(message, where).Where(part => !IsThought(part.Part)).ToList();
        if (parts.Count == 0) return;
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteStartArray("content");
        foreach (var (part, here) in parts)
        {
            if (role == "user") ResponsesParts.Write(json, part, here);
            else if (role == "assistant") ResponsesParts.WriteText(json, TextOf(part, here, role), "output_text");
            else ResponsesParts.WriteText(json, TextOf(part, here, role), "input_text", part);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static JsonElement TextOf(JsonElement part, string where, string role)
    {
        var text = ChatMessage.Text(part, where);
        return text.ValueKind == JsonValueKind.String
            ? text : throw UpstreamException.CallerFault(where + ".type", $"{where}.type must be text in {(role == "assistant" ? "an assistant's" : "a system")} message.");
    }

    private static bool IsThought(JsonElement part) => ChatMessage.Type(part) is "thinking" or "redacted_thinking";

    private static void WriteCalls(Utf8JsonWriter json, JsonElement message, string where, HashSet<string> custom)
    {
        if (!message.TryGetProperty("tool_calls", out var calls) || calls.ValueKind == JsonValueKind.Null) return;
        where += ".tool_calls";
        if (calls.ValueKind != JsonValueKind.Array) throw UpstreamException.CallerFault(where, $"{where} must be an array.");
        var at = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var here = $"{where}[{at++}]";
            if (call.ValueKind == JsonValueKind.Object && call.TryGetProperty("custom", out var free) && ChatMessage.Type(call) == "custom")
            {
                var (id, name) = HeadOf(call, free, here + ".custom");
                custom.Add(id);
                WriteCall(json, "custom_tool_call", id, name);
                WriteInput(json, free, here);
            }
            else
            {
                var function = call.ValueKind == JsonValueKind.Object && call.TryGetProperty("function", out var named) ? named : default;
                var (id, name) = HeadOf(call, function, here + ".function");
                WriteCall(json, "function_call", id, name);
                WriteArguments(json, function, here);
            }

            json.WriteEndObject();
        }
    }

    private static (string Id, string Name) HeadOf(JsonElement call, JsonElement called, string where)
    {
        if (called.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(where, $"{where} must be an object.");
        var name = ChatMessage.String(called, "name") ?? throw UpstreamException.CallerFault(where + ".name", $"{where}.name must be a string.");
        return (ChatMessage.String(call, "id") ?? name, name);
    }

    private static void WriteCall(Utf8JsonWriter json, string type, string id, string name)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("call_id", id);
        json.WriteString("name", name);
    }

    private static void WriteInput(Utf8JsonWriter json, JsonElement custom, string where)
    {
        if (!custom.TryGetProperty("input", out var input) || input.ValueKind != JsonValueKind.String)
            throw UpstreamException.CallerFault(where + ".custom.input", $"{where}.custom.input must be a string.");
        json.WritePropertyName("input");
        ChatMessage.WriteRaw(json, input);
    }

    private static void WriteArguments(Utf8JsonWriter json, JsonElement function, string where)
    {
        json.WritePropertyName("arguments");
        if (!function.TryGetProperty("arguments", out var arguments) || arguments.ValueKind == JsonValueKind.Null || (arguments.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(arguments.GetString())))
            json.WriteStringValue("{}");
        else if (arguments.ValueKind == JsonValueKind.String) ChatMessage.WriteRaw(json, arguments);
        else if (arguments.ValueKind == JsonValueKind.Object) json.WriteStringValue(arguments.GetRawText());
        else throw UpstreamException.CallerFault($"{where}.function.arguments", $"{where}.function.arguments must be a string.");
    }

    private static void WriteResult(Utf8JsonWriter json, JsonElement message, string where, HashSet<string> custom)
    {
        var id = ChatMessage.String(message, "tool_call_id") ?? ChatMessage.String(message, "name")
            ?? throw UpstreamException.CallerFault(where + ".tool_call_id", $"{where}.tool_call_id must be a string.");
        json.WriteStartObject();
        json.WriteString("type", custom.Contains(id) ? "custom_tool_call_output" : "function_call_output");
        json.WriteString("call_id", id);
        json.WritePropertyName("output");
        var parts = ChatMessage.Parts(message, where).ToList();
        if (parts.Count == 0)
        {
            json.WriteStringValue("");
        }
        else if (parts is [var (only, here)] && !ResponsesParts.HasBreakpoint(only) && ChatMessage.Text(only, here) is { ValueKind: JsonValueKind.String } text)
        {
            // What every version of the service takes.
            ChatMessage.WriteRaw(json, text);
        }
        else
        {
            json.WriteStartArray();
            foreach (var (part, at) in parts) ResponsesParts.Write(json, part, at);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
