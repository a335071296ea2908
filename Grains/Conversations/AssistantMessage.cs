using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansLlm.Grains.Conversations;

/// <summary>The model's answer as a message of the next request.</summary>
internal static class AssistantMessage
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Of the first choice: what a model is meant to read again. Its thoughts, audio and annotations are not.</summary>
    /// <returns>A JSON object; null where there is no answer.</returns>
    public static byte[]? Of(ReadOnlyMemory<byte> completion)
    {
        using var json = JsonDocument.Parse(completion);
        if (!json.RootElement.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array || choices.GetArrayLength() == 0) return null;
        if (!choices[0].TryGetProperty("message", out var message) || message.ValueKind != JsonValueKind.Object) return null;
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteString("role", "assistant");
            var says = Write(writer, message, "content");
            var calls = Write(writer, message, "refusal") | Write(writer, message, "tool_calls") | Write(writer, message, "function_call");
            // Only a message that calls may say nothing: with null every later request of the conversation would be refused. A model that
            // has spent all its tokens on thoughts has said "".
            if (!says && calls) writer.WriteNull("content");
            else if (!says) writer.WriteString("content", "");
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>What a message says, however a client has written it down: of two that say the same it is the same.</summary>
    public static (string Text, string Calls) EssenceOf(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        using var json = JsonDocument.ParseValue(ref reader);
        var (text, calls) = (new StringBuilder(), new StringBuilder());
        if (json.RootElement.TryGetProperty("content", out var content)) AddText(text, content);
        foreach (var call in Items(json.RootElement, "tool_calls"))
        {
            if (call.ValueKind == JsonValueKind.Object && call.TryGetProperty("id", out var id)) calls.Append(id.GetRawText()).Append(' ');
        }

        return (text.ToString(), calls.ToString());
    }

    private static bool Write(Utf8JsonWriter writer, JsonElement message, string name)
    {
        if (!message.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return false;
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0) return false;
        writer.WritePropertyName(name);
        value.WriteTo(writer);
        return true;
    }

    private static void AddText(StringBuilder text, JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.String) text.Append(content.GetString());
        if (content.ValueKind != JsonValueKind.Array) return;
        foreach (var part in content.EnumerateArray())
        {
            if (part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var piece) && piece.ValueKind == JsonValueKind.String) text.Append(piece.GetString());
        }
    }

    private static IEnumerable<JsonElement> Items(JsonElement message, string name) =>
        message.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
}
