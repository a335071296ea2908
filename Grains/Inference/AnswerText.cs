using System.Text;
using System.Text.Json;
using OrleansLlm.Providers;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// The text of an answer as far as it has been shown, so that another model could go on with it. Only plain text of one choice can be gone on
/// with; bounded by what a context takes.
/// </summary>
/// <param name="toItsEnd">For whoever only reads it: the text of the first choice, whatever else is shown beside it.</param>
internal sealed class AnswerText(bool toItsEnd = false)
{
    private const int MaxLength = 1 << 20;

    private readonly StringBuilder _text = new();

    /// <summary>Nothing was shown that cannot be gone on with: no tool call, no second choice, no end.</summary>
    public bool CanBeContinued { get; private set; } = true;

    public override string ToString() => _text.ToString();

    /// <summary>One chat.completion.chunk.</summary>
    public void Add(ReadOnlySpan<byte> chunk)
    {
        if (toItsEnd ? _text.Length > MaxLength : !CanBeContinued) return;
        var reader = new Utf8JsonReader(chunk);
        try
        {
            using var json = JsonDocument.ParseValue(ref reader);
            if (json.RootElement.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array)
            {
                foreach (var choice in choices.EnumerateArray()) AddChoice(choice);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The client sees it as it is; nothing can be built on it.
            CanBeContinued = false;
        }
    }

    private void AddChoice(JsonElement choice)
    {
        var isFirst = !choice.TryGetProperty("index", out var index) || (index.TryGetInt32(out var number) && number == 0);
        var ended = choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String;
        CanBeContinued &= isFirst && !ended && _text.Length <= MaxLength;
        if (!choice.TryGetProperty("delta", out var delta) || delta.ValueKind != JsonValueKind.Object) return;
        foreach (var field in delta.EnumerateObject())
        {
            if (isFirst && field.NameEquals("content"u8) && field.Value.ValueKind == JsonValueKind.String) JsonText.AppendText(_text, field.Value);
            else if (field.Name is "tool_calls" or "function_call" or "refusal") CanBeContinued &= field.Value.ValueKind == JsonValueKind.Null;
        }
    }
}
