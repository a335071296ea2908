using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Ollama;

/// <summary>Where in a line of /api/chat or /api/generate things are.</summary>
internal struct OllamaLine()
{
    public Range Content, Thinking, ToolCalls, Logprobs;
    public bool Done, IsLength;
    public long PromptTokens = -1, AnswerTokens = -1, LoadNanoseconds;

    public readonly bool HasContent => Content.End.Value > 0;

    public readonly bool HasThinking => Thinking.End.Value > 0;

    public readonly bool HasText => HasContent || HasThinking;

    public readonly bool HasToolCalls => ToolCalls.End.Value > 0;

    public readonly bool HasLogprobs => Logprobs.End.Value > 0;

    public readonly int TextLength => Content.End.Value - Content.Start.Value + Thinking.End.Value - Thinking.Start.Value;

    /// <summary>
    /// A count of zero is left out (Go's omitempty), and older servers leave out the prompt's when they had all of it in their cache: it was read all the same. Each
    /// count that is missing is estimated for itself; what is told stays, though it be a part of the prompt only.
    /// </summary>
    public readonly UpstreamUsage UsageOr(UpstreamUsage estimate)
    {
        var (prompt, answer) = (PromptTokens > 0 ? PromptTokens : estimate.Prompt, AnswerTokens > 0 ? AnswerTokens : estimate.Completion);
        return new UpstreamUsage(prompt, answer, prompt + answer, Estimated: PromptTokens <= 0 || (AnswerTokens <= 0 && answer > 0));
    }

    /// <exception cref="JsonException">Not an object.</exception>
    /// <exception cref="UpstreamException">An error line.</exception>
    public static OllamaLine Read(ReadOnlySpan<byte> line, UpstreamRequest request)
    {
        var found = new OllamaLine();
        var reader = new Utf8JsonReader(line);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (name.SequenceEqual("message"u8) && reader.TokenType == JsonTokenType.StartObject) found.ReadMessage(ref reader);
            else if (IsText(ref reader) && name.SequenceEqual("response"u8)) found.Content = Value(ref reader, start);
            else if (name.SequenceEqual("done"u8)) found.Done = reader.TokenType == JsonTokenType.True;
            else if (name.SequenceEqual("done_reason"u8)) found.IsLength = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("length"u8);
            else if (name.SequenceEqual("prompt_eval_count"u8)) found.PromptTokens = Number(ref reader);
            else if (name.SequenceEqual("eval_count"u8)) found.AnswerTokens = Number(ref reader);
            else if (name.SequenceEqual("load_duration"u8)) found.LoadNanoseconds = Number(ref reader);
            else if (name.SequenceEqual("logprobs"u8) && reader.TokenType == JsonTokenType.StartArray) found.Logprobs = Value(ref reader, start);
            else if (name.SequenceEqual("error"u8) && reader.TokenType is not (JsonTokenType.Null or JsonTokenType.False))
                throw UpstreamErrors.FromEvent(line, request);
            else reader.Skip();
        }

        if (reader.TokenType != JsonTokenType.EndObject || reader.Read()) throw new JsonException();
        return found;
    }

    private void ReadMessage(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var isText = IsText(ref reader);
            if (isText && name.SequenceEqual("content"u8)) Content = Value(ref reader, start);
            else if (isText && name.SequenceEqual("thinking"u8)) Thinking = Value(ref reader, start);
            else if (name.SequenceEqual("tool_calls"u8) && reader.TokenType == JsonTokenType.StartArray) ToolCalls = Value(ref reader, start);
            else reader.Skip();
        }
    }

    private static bool IsText(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0;

    private static long Number(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number)) return number;
        reader.Skip();
        return -1;
    }

    private static Range Value(ref Utf8JsonReader reader, int start)
    {
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }
}
