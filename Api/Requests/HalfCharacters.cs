using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;

namespace OrleansLlm.Api.Requests;

/// <summary>
/// An escape such as <c>\ud83d</c> without its partner. JSON's grammar takes it and no text can hold it: whoever reads that text, here or behind us, fails.
/// </summary>
internal static class HalfCharacters
{
    private const int EscapeLength = 6;

    /// <returns>Where the first one stands; -1: there is none.</returns>
    public static int Find(ReadOnlySpan<byte> json)
    {
        var at = 0;
        while (at < json.Length)
        {
            var next = json[at..].IndexOf((byte)'\\');
            if (next < 0) return -1;
            at += next;
            var code = CodeAt(json, at);
            if (code is null) at += 2;
            else if (!char.IsSurrogate((char)code)) at += EscapeLength;
            else if (char.IsHighSurrogate((char)code) && CodeAt(json, at + EscapeLength) is { } low && char.IsLowSurrogate((char)low)) at += 2 * EscapeLength;
            else return at;
        }

        return -1;
    }

    /// <returns>The field whose text holds that byte, as <c>messages[0].content</c>; empty: a name does, or it is no JSON until there.</returns>
    public static string FieldAt(ReadOnlySpan<byte> json, int offset)
    {
        var path = new Stack<(string Name, int Index)>();
        var name = "";
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    if (reader.BytesConsumed > offset) return "";
                    name = reader.GetString()!;
                    continue;
                }

                if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                {
                    path.Pop();
                    continue;
                }

                if (path.TryPop(out var inside)) path.Push(inside = (inside.Name, inside.Index < 0 ? -1 : inside.Index + 1));
                var here = inside switch { (null, _) => "", { Index: > 0 } => string.Create(CultureInfo.InvariantCulture, $"{inside.Name}[{inside.Index - 1}]"), { Name: "" } => name, _ => $"{inside.Name}.{name}" };
                if (reader.BytesConsumed > offset) return here;
                if (reader.TokenType == JsonTokenType.StartArray) path.Push((here, 0));
                else if (reader.TokenType == JsonTokenType.StartObject) path.Push((here, -1));
            }
        }
        catch (JsonException)
        {
            // Then it has no fields.
        }

        return "";
    }

    private static ushort? CodeAt(ReadOnlySpan<byte> json, int at) =>
        at + EscapeLength <= json.Length && json[at] == '\\' && json[at + 1] == 'u' && Utf8Parser.TryParse(json.Slice(at + 2, 4), out ushort code, out var read, 'X') && read == 4 ? code : null;
}
