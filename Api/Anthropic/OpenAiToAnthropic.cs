using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansLlm.Api.Doors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Anthropic;

/// <summary>A whole chat completion as Anthropic's message.</summary>
internal static class OpenAiToAnthropic
{
    public static ReadOnlyMemory<byte> Message(ReadOnlyMemory<byte> completion, string id, AskedOfClaude asked, InferenceCompleted completed)
    {
        using var document = JsonDocument.Parse(completion, NestedJson.Document);
        var root = document.RootElement;
        var choice = root.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0 ? choices[0] : default;
        var message = Member(choice, "message", JsonValueKind.Object) ?? default;
        var calls = Member(message, "tool_calls", JsonValueKind.Array);
        var members = OwnMembers.OfWhole(choice);
        return JsonBuffer.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("type", "message");
            json.WriteString("role", "assistant");
            json.WriteString("model", Text(root, "model") ?? "");
            json.WriteStartArray("content");
            if (Member(message, AssistantContent.Name, JsonValueKind.Array) is { } own) WriteAll(json, own);
            else WriteBlocks(json, message, calls, asked);
            json.WriteEndArray();
            var (reason, sequence) = StopReasons.Of(
                Text(choice, "finish_reason"), Text(choice, "stop_reason"), Text(choice, "native_finish_reason"), asked.Stops, calls is { } any && any.GetArrayLength() > 0);
            json.WriteString("stop_reason", reason);
            json.WriteString("stop_sequence", sequence);
            members.WriteOfMessage(json);
            json.WritePropertyName("usage");
            var usage = new JsonBuffer();
            AnthropicUsage.Of(Member(root, "usage", JsonValueKind.Object) is { } told ? OpenAiUsage.Read(told) : null, completed).WriteTo(usage, members.OfUsage);
            json.WriteRawValue(usage.Written, skipInputValidation: true);
            json.WriteEndObject();
        });
    }

    /// <summary>Claude's own, as they were.</summary>
    private static void WriteAll(Utf8JsonWriter json, JsonElement blocks)
    {
        foreach (var block in blocks.EnumerateArray()) block.WriteTo(json);
    }

    private static void WriteBlocks(Utf8JsonWriter json, JsonElement message, JsonElement? calls, AskedOfClaude asked)
    {
        WriteThinking(json, message);
        WriteText(json, message, "content");
        WriteText(json, message, "refusal");
        if (calls is { } called) WriteCalls(json, called, asked);
    }

    private static void WriteThinking(Utf8JsonWriter json, JsonElement message)
    {
        if (Member(message, "thinking_blocks", JsonValueKind.Array) is { } blocks && blocks.GetArrayLength() > 0)
        {
            foreach (var block in blocks.EnumerateArray()) block.WriteTo(json);
            return;
        }

        if ((Thought(message, "reasoning_content") ?? Thought(message, "reasoning")) is not { } thought) return;
        json.WriteStartObject();
        json.WriteString("type", "thinking");
        WriteRaw(json, "thinking", thought);
        json.WriteString("signature", "");
        json.WriteEndObject();
    }

    /// <returns>Null as well where it is empty: then it may be there by another name.</returns>
    private static JsonElement? Thought(JsonElement message, string name) => Member(message, name, JsonValueKind.String) is { } thought && !IsEmpty(thought) ? thought : null;

    private static void WriteText(Utf8JsonWriter json, JsonElement message, string name)
    {
        if (Member(message, name, JsonValueKind.String) is not { } text || IsEmpty(text)) return;
        json.WriteStartObject();
        json.WriteString("type", "text");
        WriteRaw(json, "text", text);
        json.WriteEndObject();
    }

    private static void WriteCalls(Utf8JsonWriter json, JsonElement calls, AskedOfClaude asked)
    {
        var at = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var function = Member(call, "function", JsonValueKind.Object) ?? default;
            json.WriteStartObject();
            json.WriteString("type", "tool_use");
            json.WriteString("id", Text(call, "id") is { Length: > 0 } given ? given : $"toolu_{at}");
            json.WriteString("name", asked.NameOf(Text(function, "name") ?? ""));
            json.WritePropertyName("input");
            var arguments = new JoinedText();
            if (Member(function, "arguments", JsonValueKind.String) is { } text) arguments.AddQuoted(JsonMarshal.GetRawUtf8Value(text));
            ToolArguments.Write(json, arguments);
            json.WriteEndObject();
            at++;
        }
    }

    /// <summary>As it stands, escapes and all.</summary>
    private static void WriteRaw(Utf8JsonWriter json, string name, JsonElement text)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(JsonMarshal.GetRawUtf8Value(text), skipInputValidation: true);
    }

    private static bool IsEmpty(JsonElement text) => JsonMarshal.GetRawUtf8Value(text).Length <= 2;

    private static string? Text(JsonElement from, string name) => Member(from, name, JsonValueKind.String)?.GetString();

    private static JsonElement? Member(JsonElement from, string name, JsonValueKind kind) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : null;
}
