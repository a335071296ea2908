using System.Text.Json;

namespace OrleansLlm.Providers.Responses;

/// <summary>Where in one event of a response's stream things are; texts are left in place.</summary>
internal ref struct ResponsesEvent
{
    public ReadOnlySpan<byte> Type, ItemType;
    public Range Delta, Arguments, Input, Annotation, Item, ItemArguments, ItemInput, Response;
    public string? CallId, Name;
    public int OutputIndex, PartIndex;
    public bool HasError;

    /// <exception cref="JsonException">Not an object.</exception>
    public static ResponsesEvent Read(ReadOnlySpan<byte> frame)
    {
        var found = default(ResponsesEvent);
        // Begin and end of a response repeat the request's tools, with their schemas.
        var reader = new Utf8JsonReader(frame, NestedJson.Reader);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            var (start, token) = ((int)reader.TokenStartIndex, reader.TokenType);
            if (token == JsonTokenType.StartObject && name.SequenceEqual("item"u8)) found.ReadItem(ref reader);
            else reader.Skip();
            var value = start..(int)reader.BytesConsumed;
            if (token == JsonTokenType.String) found.TakeText(name, reader.ValueSpan, value);
            else if (token == JsonTokenType.Number) found.TakeNumber(name, ref reader);
            else if (token == JsonTokenType.StartObject) found.TakeObject(name, value);
        }

        if (reader.TokenType != JsonTokenType.EndObject || reader.Read()) throw new JsonException();
        return found;
    }

    private void TakeText(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, Range value)
    {
        if (name.SequenceEqual("type"u8)) Type = text;
        else if (name.SequenceEqual("delta"u8)) Delta = value;
        else if (name.SequenceEqual("arguments"u8)) Arguments = value;
        else if (name.SequenceEqual("input"u8)) Input = value;
        else if (name.SequenceEqual("error"u8)) HasError = true;
    }

    private void TakeNumber(ReadOnlySpan<byte> name, ref Utf8JsonReader reader)
    {
        if (name.SequenceEqual("output_index"u8)) reader.TryGetInt32(out OutputIndex);
        else if (name.SequenceEqual("content_index"u8) || name.SequenceEqual("summary_index"u8)) reader.TryGetInt32(out PartIndex);
    }

    private void TakeObject(ReadOnlySpan<byte> name, Range value)
    {
        if (name.SequenceEqual("item"u8)) Item = value;
        else if (name.SequenceEqual("response"u8)) Response = value;
        else if (name.SequenceEqual("annotation"u8)) Annotation = value;
        else if (name.SequenceEqual("error"u8)) HasError = true;
    }

    private void ReadItem(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                reader.Skip();
                continue;
            }

            var value = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
            if (name.SequenceEqual("type"u8)) ItemType = reader.ValueSpan;
            else if (name.SequenceEqual("call_id"u8)) CallId = reader.GetString();
            else if (name.SequenceEqual("name"u8)) Name = reader.GetString();
            else if (name.SequenceEqual("arguments"u8)) ItemArguments = value;
            else if (name.SequenceEqual("input"u8)) ItemInput = value;
        }
    }
}
