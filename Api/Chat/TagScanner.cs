using System.Text.Json;

namespace OrleansLlm.Api.Chat;

/// <summary>The tags of a request's body. What is no list of texts is told only where tags mean something.</summary>
internal static class TagScanner
{
    /// <param name="reader">On the value; left on its end.</param>
    public static void Scan(string name, ref Utf8JsonReader reader, ChatFields fields)
    {
        if (reader.TokenType == JsonTokenType.Null) return;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            fields.WrongTags ??= FieldType.Wrong(name, "an array of strings", reader.TokenType);
            reader.Skip();
            return;
        }

        var tags = fields.Tags.ToBuilder();
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                tags.Add(reader.GetString()!);
                continue;
            }

            fields.WrongTags ??= FieldType.Wrong($"{name}[{i}]", "a string", reader.TokenType);
            reader.Skip();
        }

        fields.Tags = tags.DrainToImmutable();
    }

    /// <inheritdoc cref="Scan"/>
    public static void ScanMetadata(string name, ref Utf8JsonReader reader, ChatFields fields)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTags = reader.ValueTextEquals("tags"u8);
            reader.Read();
            // A text is OpenAI's: any client may have a "tags" among its own metadata.
            if (!isTags || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            Scan($"{name}.tags", ref reader, fields);
        }
    }
}
