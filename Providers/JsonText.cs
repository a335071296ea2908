using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>JSON strings, in and out.</summary>
public static class JsonText
{
    /// <summary>Escapes what JSON wants escaped and leaves the rest readable: the output is no HTML.</summary>
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = Encoder, SkipValidation = true };

    private static readonly SearchValues<byte> LineBreaks = SearchValues.Create("\r\n"u8);

    /// <summary>A JSON string literal with its quotes.</summary>
    public static byte[] Quote(string text) => Encoding.UTF8.GetBytes('"' + JsonEncodedText.Encode(text, Encoder).ToString() + '"');

    public static JsonElement Element(string text) => JsonElement.Parse(Quote(text));

    /// <summary>
    /// Appends what stands between the quotes of a JSON string. Half of a surrogate pair is kept as it is: its other half may come in the
    /// next chunk, and only together are they a character.
    /// </summary>
    public static void AppendUnescaped(StringBuilder to, ReadOnlySpan<byte> escaped)
    {
        while (escaped.IndexOf((byte)'\\') is >= 0 and var at)
        {
            AppendUtf8(to, escaped[..at]);
            var kind = escaped[at + 1];
            if (kind == 'u')
            {
                if (!Utf8Parser.TryParse(escaped.Slice(at + 2, 4), out ushort code, out var read, 'X') || read != 4) throw new JsonException();
                to.Append((char)code);
                escaped = escaped[(at + 6)..];
                continue;
            }

            to.Append(kind switch { (byte)'n' => '\n', (byte)'t' => '\t', (byte)'r' => '\r', (byte)'b' => '\b', (byte)'f' => '\f', _ => (char)kind });
            escaped = escaped[(at + 2)..];
        }

        AppendUtf8(to, escaped);
    }

    /// <inheritdoc cref="AppendUnescaped"/>
    /// <param name="to">What it is appended to.</param>
    /// <param name="text">A string.</param>
    public static void AppendText(StringBuilder to, JsonElement text) => AppendUnescaped(to, JsonMarshal.GetRawUtf8Value(text)[1..^1]);

    /// <summary>Line breaks between tokens become blanks: within a JSON string there are none.</summary>
    /// <exception cref="JsonException">It is no JSON: a line break inside of a text must not become a space.</exception>
    public static byte[] OnOneLine(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
        }

        var line = json.ToArray();
        line.AsSpan().ReplaceAny(LineBreaks, (byte)' ');
        return line;
    }

    /// <summary>
    /// Whether a name in the object has half a character in it (<c>"\ud800": 1</c>): no text can hold that, and every reader that looks names up would fail. In a value
    /// it may be one half of two chunks.
    /// </summary>
    public static bool HasHalfName(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\u"u8) < 0) return false;
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueIsEscaped) reader.GetString();
            }

            return false;
        }
        catch (JsonException)
        {
            // Whoever reads it next finds that.
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>Every escape of half a character without its partner becomes that of the replacement character, in place.</summary>
    public static byte[] WithWholeCharacters(byte[] json)
    {
        for (var at = 0; at < json.Length;)
        {
            var next = json.AsSpan(at).IndexOf((byte)'\\');
            if (next < 0) break;
            at += next;
            var code = EscapeAt(json, at);
            if (code is null)
            {
                at += 2;
                continue;
            }

            var isPair = char.IsHighSurrogate(code.Value) && EscapeAt(json, at + 6) is { } low && char.IsLowSurrogate(low);
            if (char.IsSurrogate(code.Value) && !isPair) "\\ufffd"u8.CopyTo(json.AsSpan(at));
            at += isPair ? 12 : 6;
        }

        return json;
    }

    public static byte[] Number(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private static char? EscapeAt(byte[] json, int at) =>
        at + 6 <= json.Length && json[at] == '\\' && json[at + 1] == 'u' && Utf8Parser.TryParse(json.AsSpan(at + 2, 4), out ushort code, out var read, 'X') && read == 4 ? (char)code : null;

    private static void AppendUtf8(StringBuilder to, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return;
        to.Append(Encoding.UTF8.GetString(text));
    }
}
