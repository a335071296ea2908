using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// OpenAI's calls as they were before tools: an assistant's <c>function_call</c>, and the message with the role <c>function</c> that answers it. Said as
/// a tool call and its result they need no word of their own in any dialect.
/// </summary>
internal sealed record FunctionCall(string Id, string Name, JsonElement Call)
{
    /// <param name="number">Of the message: ids must differ.</param>
    /// <returns>Null: it calls none, or calls tools.</returns>
    public static FunctionCall? Of(JsonElement message, int number)
    {
        if (message.TryGetProperty("tool_calls", out var tools) && tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0) return null;
        return message.TryGetProperty("function_call", out var call) && ChatMessage.String(call, "name") is { } name ? new FunctionCall($"call_function_{number}", name, call) : null;
    }

    public JsonElement AsToolCall(JsonElement message) => ChatMessage.With(message, "tool_calls", json =>
    {
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("type", "function");
        json.WritePropertyName("function");
        Call.WriteTo(json);
        json.WriteEndObject();
        json.WriteEndArray();
    });

    /// <returns>Null: the message answers another call, or says itself which.</returns>
    public JsonElement? Answered(JsonElement message) => ChatMessage.String(message, "role") == "function" && ChatMessage.String(message, "tool_call_id") is null
        && (ChatMessage.String(message, "name") ?? Name) == Name ? ChatMessage.With(message, "tool_call_id", json => json.WriteStringValue(Id)) : null;
}
