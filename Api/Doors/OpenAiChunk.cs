using System.Text.Json;

namespace OrleansLlm.Api.Doors;

/// <summary>
/// What one of OpenAI's chunks says, for the doors that say it otherwise: of its first choice, and of either kind. Strings are slices of
/// the chunk with their quotes and escapes, never decoded: what is not decoded cannot be said wrongly. Empty: the chunk has none.
/// </summary>
internal ref struct OpenAiChunk
{
    private readonly ReadOnlySpan<byte> _json;

    private OpenAiChunk(ReadOnlySpan<byte> json) => _json = json;

    public ReadOnlySpan<byte> Model { get; private set; }

    /// <summary><c>delta.content</c>, or <c>text</c> of a completion.</summary>
    public ReadOnlySpan<byte> Text { get; private set; }

    public ReadOnlySpan<byte> Refusal { get; private set; }

    /// <summary><c>delta.reasoning_content</c>, by whichever of its names.</summary>
    public ReadOnlySpan<byte> Thinking { get; private set; }

    /// <summary>LiteLLM's <c>delta.thinking_blocks</c>, an array: it has the signatures.</summary>
    public ReadOnlySpan<byte> ThinkingBlocks { get; private set; }

    /// <summary>LiteLLM's <c>delta.provider_specific_fields.citation</c>, an object: where the words before it are from.</summary>
    public ReadOnlySpan<byte> Citation { get; private set; }

    /// <summary><c>delta.anthropic_block</c>, an object: a block of Claude's that OpenAI has no words for.</summary>
    public ReadOnlySpan<byte> OwnBlock { get; private set; }

    /// <summary>An array of pieces of calls.</summary>
    public ReadOnlySpan<byte> ToolCalls { get; private set; }

    /// <summary>An object.</summary>
    public ReadOnlySpan<byte> Logprobs { get; private set; }

    public ReadOnlySpan<byte> FinishReason { get; private set; }

    /// <summary>The stop sequence that was met, where a server tells it as vLLM does.</summary>
    public ReadOnlySpan<byte> StopSequence { get; private set; }

    /// <summary>Why the model itself says it has stopped, where OpenAI has no word for that (OpenRouter's <c>native_finish_reason</c>).</summary>
    public ReadOnlySpan<byte> NativeReason { get; private set; }

    /// <summary>An object: the prompt's usage, which Anthropic's models tell at the begin.</summary>
    public ReadOnlySpan<byte> BeginUsage { get; private set; }

    /// <summary>An object: what Anthropic's models say of a message when it begins, besides.</summary>
    public ReadOnlySpan<byte> OwnStart { get; private set; }

    /// <summary>The same of its end.</summary>
    public ReadOnlySpan<byte> OwnEnd { get; private set; }

    /// <summary>An object.</summary>
    public ReadOnlySpan<byte> Usage { get; private set; }

    public static OpenAiChunk Read(ReadOnlySpan<byte> json)
    {
        var chunk = new OpenAiChunk(json);
        var reader = new Utf8JsonReader(json, NestedJson.Reader);
        reader.Read();
        while (Next(ref reader, out var name))
        {
            if (name.SequenceEqual("choices"u8) && reader.TokenType == JsonTokenType.StartArray) chunk.ReadChoices(ref reader);
            else if (name.SequenceEqual("usage"u8)) chunk.Usage = chunk.Value(ref reader, JsonTokenType.StartObject);
            else if (name.SequenceEqual("model"u8)) chunk.Model = chunk.Value(ref reader, JsonTokenType.String);
            else reader.Skip();
        }

        return chunk;
    }

    private void ReadChoices(ref Utf8JsonReader reader)
    {
        for (var choices = reader.CurrentDepth; reader.Read() && reader.CurrentDepth > choices;)
        {
            // The requests of these doors ask for one: whoever answers with more is not heard out.
            if (reader.TokenType == JsonTokenType.StartObject && IsFirst(reader)) ReadChoice(ref reader);
            else reader.Skip();
        }
    }

    /// <param name="reader">A copy, which may be read to the end of the choice.</param>
    private static bool IsFirst(Utf8JsonReader reader)
    {
        while (Next(ref reader, out var name))
        {
            if (name.SequenceEqual("index"u8)) return reader.TokenType != JsonTokenType.Number || (reader.TryGetInt32(out var index) && index == 0);
            reader.Skip();
        }

        return true;
    }

    private void ReadChoice(ref Utf8JsonReader reader)
    {
        while (Next(ref reader, out var name))
        {
            if (name.SequenceEqual("delta"u8) && reader.TokenType == JsonTokenType.StartObject) ReadDelta(ref reader);
            else if (name.SequenceEqual("text"u8)) Text = Value(ref reader, JsonTokenType.String);
            else if (name.SequenceEqual("finish_reason"u8)) FinishReason = Value(ref reader, JsonTokenType.String);
            else if (name.SequenceEqual("stop_reason"u8)) StopSequence = Value(ref reader, JsonTokenType.String);
            else if (name.SequenceEqual("native_finish_reason"u8)) NativeReason = Value(ref reader, JsonTokenType.String);
            else if (name.SequenceEqual("anthropic_usage"u8)) BeginUsage = Value(ref reader, JsonTokenType.StartObject);
            else if (name.SequenceEqual("anthropic_start"u8)) OwnStart = Value(ref reader, JsonTokenType.StartObject);
            else if (name.SequenceEqual("anthropic_end"u8)) OwnEnd = Value(ref reader, JsonTokenType.StartObject);
            else if (name.SequenceEqual("logprobs"u8)) Logprobs = Value(ref reader, JsonTokenType.StartObject);
            else reader.Skip();
        }
    }

    private void ReadDelta(ref Utf8JsonReader reader)
    {
        while (Next(ref reader, out var name))
        {
            if (name.SequenceEqual("content"u8)) ReadContent(ref reader);
            else if (name.SequenceEqual("reasoning_content"u8)) ReadThinking(ref reader, isFirstName: true);
            else if (name.SequenceEqual("reasoning"u8)) ReadThinking(ref reader, isFirstName: false);
            else if (name.SequenceEqual("thinking_blocks"u8)) ThinkingBlocks = Value(ref reader, JsonTokenType.StartArray);
            else if (name.SequenceEqual("anthropic_block"u8)) OwnBlock = Value(ref reader, JsonTokenType.StartObject);
            else if (name.SequenceEqual("tool_calls"u8)) ToolCalls = Value(ref reader, JsonTokenType.StartArray);
            else if (name.SequenceEqual("refusal"u8)) Refusal = Value(ref reader, JsonTokenType.String);
            else if (name.SequenceEqual("provider_specific_fields"u8) && reader.TokenType == JsonTokenType.StartObject) ReadSpecific(ref reader);
            else reader.Skip();
        }
    }

    private void ReadSpecific(ref Utf8JsonReader reader)
    {
        while (Next(ref reader, out var name))
        {
            if (name.SequenceEqual("citation"u8)) Citation = Value(ref reader, JsonTokenType.StartObject);
            else reader.Skip();
        }
    }

    /// <summary>Some servers say it by both names, and by one of them nothing.</summary>
    private void ReadThinking(ref Utf8JsonReader reader, bool isFirstName)
    {
        var thinking = Value(ref reader, JsonTokenType.String);
        if (!thinking.IsEmpty && (isFirstName || Thinking.IsEmpty)) Thinking = thinking;
    }

    /// <summary>Text; or parts of it, as Mistral's reasoning models send.</summary>
    private void ReadContent(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Text = Value(ref reader, JsonTokenType.String);
            return;
        }

        var parts = new JoinedText();
        var thoughts = new JoinedText();
        for (var (content, isThought) = (reader.CurrentDepth, false); reader.Read() && reader.CurrentDepth > content;)
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            var isText = reader.ValueTextEquals("text"u8);
            var mayNest = reader.ValueTextEquals("thinking"u8);
            if (reader.CurrentDepth == content + 2) isThought = mayNest;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && (isText || mayNest)) (isThought ? thoughts : parts).Add(reader.ValueSpan);
        }

        Text = parts.Quoted;
        if (Thinking.IsEmpty) Thinking = thoughts.Quoted;
    }

    private static bool Next(ref Utf8JsonReader reader, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName) return false;
        name = reader.ValueSpan;
        return reader.Read();
    }

    /// <returns>Nothing if it is of another type, or an empty text.</returns>
    private readonly ReadOnlySpan<byte> Value(scoped ref Utf8JsonReader reader, JsonTokenType type)
    {
        var (start, isIt) = ((int)reader.TokenStartIndex, reader.TokenType == type);
        if (isIt && type == JsonTokenType.String && reader.ValueSpan.IsEmpty) return default;
        reader.Skip();
        return isIt ? _json[start..(int)reader.BytesConsumed] : default;
    }
}
