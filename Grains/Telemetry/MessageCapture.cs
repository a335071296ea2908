using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Telemetry;

/// <summary>What was asked and answered, for callbacks and spans, where the operator has switched that on (<c>capture_messages</c>). Bounded.</summary>
internal sealed class MessageCapture(InferenceRequest request)
{
    /// <summary>Characters kept, of each of the two.</summary>
    private const int Most = 64 * 1024;

    private readonly AnswerText _text = new();
    private string? _whole;

    /// <summary>JSON: the messages, the prompt or the input of the body; null: it has none.</summary>
    public string? Input
    {
        get
        {
            using var body = JsonDocument.Parse(request.Body);
            foreach (var name in (ReadOnlySpan<string>)["messages", "prompt", "input"])
            {
                if (!body.RootElement.TryGetProperty(name, out var value)) continue;
                var text = value.GetRawText();
                return text.Length <= Most ? text : JsonValue.Create(text[..Most]).ToJsonString();
            }

            return null;
        }
    }

    /// <summary>The text of the answer as far as it came; null: none came.</summary>
    public string? Output
    {
        get
        {
            var text = _whole ?? _text.ToString();
            return text.Length == 0 ? null : text.Length <= Most ? text : text[..Most];
        }
    }

    public void Saw(InferenceEvent next)
    {
        if (next is TokenChunk chunk) _text.Add(chunk.Json.Span);
        else if (next is WholeAnswer whole) _whole = ContentOf(whole.Json);
    }

    private static string? ContentOf(ReadOnlyMemory<byte> completion)
    {
        using var json = JsonDocument.Parse(completion);
        return json.RootElement.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0
            && choices[0].TryGetProperty("message", out var message) && message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String
            ? content.GetString() : null;
    }
}
