using System.Text.Json;

namespace OrleansLlm.Api.Chat;

/// <summary>Skips a JSON value and counts what of it a model reads as text.</summary>
internal static class PromptLength
{
    public const int BytesPerToken = 4;

    /// <summary>Tokens in so many bytes: rough, and settled by what the backend counts.</summary>
    public static long Tokens(long bytes) => (bytes + BytesPerToken - 1) / BytesPerToken;

    /// <summary>The reader ends where <see cref="Utf8JsonReader.Skip"/> would.</summary>
    /// <returns>Bytes of text. Images, sounds and files (<c>url</c>, <c>data</c> and the like) are none: a model does not read them by their length.</returns>
    public static long Skip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String) return reader.ValueSpan.Length;
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return 0;
        var (bytes, depth, isMedium) = (0L, reader.CurrentDepth, false);
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName) isMedium = IsMedium(reader);
            else if (reader.TokenType == JsonTokenType.String && !isMedium) bytes += reader.ValueSpan.Length;
        }

        return bytes;
    }

    private static bool IsMedium(in Utf8JsonReader name) =>
        name.ValueTextEquals("url"u8) || name.ValueTextEquals("data"u8) || name.ValueTextEquals("image_url"u8) || name.ValueTextEquals("file_data"u8);
}
