using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
using OrleansLlm.Providers;

namespace OrleansLlm.Grains.Telemetry;

/// <summary>
/// What was asked and answered, for callbacks and spans, where the operator has switched that on (<c>capture_messages</c>). Bounded. What cannot be read
/// is not told, which costs the request nothing.
/// </summary>
internal sealed class MessageCapture(string requestId, InferenceRequest request, ILogger logger)
{
    /// <summary>Characters kept, of each of the two.</summary>
    private const int Most = 64 * 1024;

    private readonly AnswerText _text = new(toItsEnd: true);
    private string? _whole;
    private bool _isUnreadable;

    /// <summary>JSON: the messages, the prompt or the input of the body; null: it has none.</summary>
    public string? Input => Readable(InputOf, request.Body);

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
        else if (next is WholeAnswer whole) _whole = Readable(ContentOf, whole.Json);
    }

    /// <returns>Null: it cannot be read. That is logged once, without the words that were captured.</returns>
    public string? Readable<T>(Func<T, string?> read, T from)
    {
        try
        {
            return read(from);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (!_isUnreadable) logger.MessagesNotTold(requestId, e.GetType().Name);
            _isUnreadable = true;
            return null;
        }
    }

    private static string? InputOf(ReadOnlyMemory<byte> asked)
    {
        using var body = JsonDocument.Parse(asked);
        foreach (var name in (ReadOnlySpan<string>)["messages", "prompt", "input"])
        {
            if (!body.RootElement.TryGetProperty(name, out var value)) continue;
            var text = value.GetRawText();
            return text.Length <= Most ? text : JsonValue.Create(text[..Most]).ToJsonString();
        }

        return null;
    }

    private static string? ContentOf(ReadOnlyMemory<byte> completion)
    {
        using var json = JsonDocument.Parse(completion);
        if (!json.RootElement.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array || choices.GetArrayLength() == 0
            || !choices[0].TryGetProperty("message", out var message) || !message.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String) return null;
        var text = new StringBuilder();
        JsonText.AppendText(text, content);
        return text.ToString();
    }
}
