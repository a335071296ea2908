using System.Text.Json;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Chat;

/// <summary>Checks the shape of a <c>prompt</c> or an <c>input</c>: a text, texts, token ids, or lists of token ids.</summary>
internal static class PromptScanner
{
    private const string Expected = "a string, an array of strings, an array of token ids or an array of arrays of token ids";

    /// <summary>The reader stands on the value and ends on its end.</summary>
    /// <returns>Bytes of text; a token id counts as much as a token has.</returns>
    public static long Scan(string name, ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String) return reader.ValueSpan.Length;
        var (bytes, index, first) = (0L, 0, JsonTokenType.None);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (first == JsonTokenType.None) first = reader.TokenType;
            if (reader.TokenType != first) throw Wrong(name, index, reader.TokenType);
            bytes += first switch
            {
                JsonTokenType.String => reader.ValueSpan.Length,
                JsonTokenType.Number => TokenId(name, index, ref reader),
                JsonTokenType.StartArray => TokenIds(name, index, ref reader),
                _ => throw Wrong(name, index, first),
            };
            index++;
        }

        if (index == 0) throw new RequestException(ApiError.BadRequest($"Invalid '{name}': empty array.", name, "empty_array"));
        return bytes;
    }

    private static long TokenIds(string name, int index, ref Utf8JsonReader reader)
    {
        var bytes = 0L;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) bytes += TokenId(name, index, ref reader);
        return bytes;
    }

    private static long TokenId(string name, int index, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out _)) throw Wrong(name, index, reader.TokenType);
        return PromptLength.BytesPerToken;
    }

    private static RequestException Wrong(string name, int index, JsonTokenType found) => FieldType.Wrong($"{name}[{index}]", Expected, found);
}
