using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>Where words of an answer are from, as OpenAI's chats tell it: annotations of the message, with places in its text by characters.</summary>
internal static class Citations
{
    /// <param name="start">The first character.</param>
    /// <param name="end">The one behind the last.</param>
    public static byte[] OfUrl(string url, string? title, long start, long end)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("type", "url_citation");
            json.WriteStartObject("url_citation");
            json.WriteNumber("start_index", start);
            json.WriteNumber("end_index", end);
            json.WriteString("url", url);
            json.WriteString("title", title ?? "");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>A text of what a service cites; half a character in it is none to fail for.</summary>
    /// <returns>Null: there is none.</returns>
    public static string? Text(JsonElement from, string name)
    {
        if (from.ValueKind != JsonValueKind.Object || !from.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String) return null;
        var text = new StringBuilder();
        JsonText.AppendText(text, value);
        return text.ToString();
    }

    /// <summary>Characters (code points) that a JSON string says.</summary>
    /// <param name="literal">With its quotes and escapes.</param>
    public static long CharactersIn(ReadOnlySpan<byte> literal)
    {
        if (literal.Length <= 2) return 0;
        var escaped = literal[1..^1];
        var count = 0L;
        while (escaped.IndexOf((byte)'\\') is >= 0 and var at)
        {
            count += InUtf8(escaped[..at]);
            var isCode = escaped[at + 1] == 'u';
            // Of a pair the first half counts.
            if (!isCode || !IsLowHalf(escaped.Slice(at + 2, 4))) count++;
            escaped = escaped[(at + (isCode ? 6 : 2))..];
        }

        return count + InUtf8(escaped);
    }

    public static long InUtf8(ReadOnlySpan<byte> text)
    {
        var count = 0L;
        foreach (var one in text)
        {
            if ((one & 0xC0) != 0x80) count++;
        }

        return count;
    }

    private static bool IsLowHalf(ReadOnlySpan<byte> code) => (code[0] | 0x20) == 'd' && (code[1] | 0x20) is >= 'c' and <= 'f';
}
