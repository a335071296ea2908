using System.Collections.Immutable;
using System.Text.Json;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary>The body's <c>fallbacks</c>: names, or objects with <c>model</c> and fields that replace those of the body.</summary>
internal static class FallbackScanner
{
    /// <param name="reader">On the start of the array; left on its end.</param>
    public static ImmutableArray<FallbackTarget> Scan(ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
    {
        var targets = ImmutableArray.CreateBuilder<FallbackTarget>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var name = $"fallbacks[{targets.Count}]";
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    targets.Add(new FallbackTarget(reader.GetString()!));
                    break;
                case JsonTokenType.StartObject:
                    targets.Add(ScanObject(ref reader, body, name));
                    break;
                default:
                    throw FieldType.Wrong(name, "a model name or an object with one", reader.TokenType);
            }
        }

        return targets.ToImmutable();
    }

    private static FallbackTarget ScanObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string name)
    {
        var start = (int)reader.TokenStartIndex;
        string? model = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isModel = reader.ValueTextEquals("model"u8);
            var isMessages = reader.ValueTextEquals("messages"u8);
            reader.Read();
            if (isModel && reader.TokenType == JsonTokenType.String) model = reader.GetString();
            if (isMessages && reader.TokenType != JsonTokenType.StartArray) throw FieldType.Wrong($"{name}.messages", "an array", reader.TokenType);
            if (isMessages) MessageScanner.Scan(ref reader, body);
            else reader.Skip();
        }

        if (model is null) throw FieldType.Wrong($"{name}.model", "a string", JsonTokenType.None);
        return new FallbackTarget(model, body[start..(int)reader.BytesConsumed].ToArray());
    }
}
