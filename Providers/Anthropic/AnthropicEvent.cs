using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>Where in one event of Anthropic's stream things are; texts are left in place.</summary>
internal ref struct AnthropicEvent
{
    public ReadOnlySpan<byte> Type, DeltaType, BlockType;
    public Range Text, PartialJson, Thinking, Signature, Block, Input, Citation, StopSequence, Content, EncryptedContent;
    public string? Id, Name, StopReason;
    public int Index;
    public AnthropicUsage Usage;
    public bool HasError;

    /// <exception cref="JsonException">Not an object.</exception>
    public static AnthropicEvent Read(ReadOnlySpan<byte> frame)
    {
        var found = default(AnthropicEvent);
        var reader = new Utf8JsonReader(frame);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("type"u8)) found.Type = reader.ValueSpan;
            else if (name.SequenceEqual("index"u8)) reader.TryGetInt32(out found.Index);
            else if (name.SequenceEqual("error"u8)) found.HasError = true;
            else if (reader.TokenType == JsonTokenType.StartObject && name.SequenceEqual("delta"u8)) found.ReadDelta(ref reader);
            else if (reader.TokenType == JsonTokenType.StartObject && name.SequenceEqual("content_block"u8)) found.ReadBlock(ref reader);
            else if (reader.TokenType == JsonTokenType.StartObject && name.SequenceEqual("usage"u8)) found.Usage.Read(ref reader);
            else if (reader.TokenType == JsonTokenType.StartObject && name.SequenceEqual("message"u8)) found.ReadMessage(ref reader);
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) reader.Skip();
        }

        if (reader.TokenType != JsonTokenType.EndObject || reader.Read()) throw new JsonException();
        return found;
    }

    private void ReadDelta(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (reader.TokenType == JsonTokenType.StartObject && name.SequenceEqual("citation"u8))
            {
                reader.Skip();
                Citation = start..(int)reader.BytesConsumed;
            }
            // Of a conversation that was summed up: null where that has failed.
            else if (reader.TokenType is JsonTokenType.String or JsonTokenType.Null && name.SequenceEqual("content"u8)) Content = start..(int)reader.BytesConsumed;
            else if (reader.TokenType is JsonTokenType.String or JsonTokenType.Null && name.SequenceEqual("encrypted_content"u8)) EncryptedContent = start..(int)reader.BytesConsumed;
            else if (reader.TokenType != JsonTokenType.String) reader.Skip();
            else if (name.SequenceEqual("type"u8)) DeltaType = reader.ValueSpan;
            else if (name.SequenceEqual("text"u8)) Text = start..(int)reader.BytesConsumed;
            else if (name.SequenceEqual("partial_json"u8)) PartialJson = start..(int)reader.BytesConsumed;
            else if (name.SequenceEqual("thinking"u8)) Thinking = start..(int)reader.BytesConsumed;
            else if (name.SequenceEqual("signature"u8)) Signature = start..(int)reader.BytesConsumed;
            else if (name.SequenceEqual("stop_reason"u8)) StopReason = reader.GetString();
            else if (name.SequenceEqual("stop_sequence"u8)) StopSequence = start..(int)reader.BytesConsumed;
        }
    }

    private void ReadBlock(ref Utf8JsonReader reader)
    {
        var begin = (int)reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (name.SequenceEqual("type"u8)) BlockType = reader.ValueSpan;
            else if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("id"u8)) Id = reader.GetString();
            else if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("name"u8)) Name = reader.GetString();
            else if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("text"u8)) Text = start..(int)reader.BytesConsumed;
            else if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("thinking"u8)) Thinking = start..(int)reader.BytesConsumed;
            else if (name.SequenceEqual("input"u8))
            {
                reader.Skip();
                Input = start..(int)reader.BytesConsumed;
            }

            reader.Skip();
        }

        Block = begin..(int)reader.BytesConsumed;
    }

    private void ReadMessage(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = reader.ValueTextEquals("usage"u8);
            reader.Read();
            if (isUsage && reader.TokenType == JsonTokenType.StartObject) Usage.Read(ref reader);
            else reader.Skip();
        }
    }
}

/// <summary>Tokens as Anthropic counts them; null: not said.</summary>
internal struct AnthropicUsage
{
    public long? Input, Output, CacheWritten, CacheRead;

    /// <summary>Reads the object at whose start the reader stands.</summary>
    public void Read(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var count))
            {
                if (name.SequenceEqual("input_tokens"u8)) Input = count;
                else if (name.SequenceEqual("output_tokens"u8)) Output = count;
                else if (name.SequenceEqual("cache_creation_input_tokens"u8)) CacheWritten = count;
                else if (name.SequenceEqual("cache_read_input_tokens"u8)) CacheRead = count;
            }

            reader.Skip();
        }
    }

    /// <summary>Later numbers replace earlier ones: they are totals.</summary>
    public void Take(AnthropicUsage later)
    {
        Input = later.Input ?? Input;
        Output = later.Output ?? Output;
        CacheWritten = later.CacheWritten ?? CacheWritten;
        CacheRead = later.CacheRead ?? CacheRead;
    }
}
