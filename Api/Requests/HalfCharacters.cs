using System.Buffers.Text;
using System.Globalization;
using System.Text;
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
        // Put together at the end: a name may be half of the body, and the values that stand before the one in question the other half.
        var path = new Stack<Step>();
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                {
                    path.Pop();
                    continue;
                }

                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    if (reader.BytesConsumed > offset) return "";
                    path.Pop();
                    path.Push(new Step(reader.GetString(), 0));
                    continue;
                }

                if (path.TryPeek(out var inside) && inside.Name is null) path.Push(path.Pop() with { At = inside.At + 1 });
                if (reader.BytesConsumed > offset) return Text(path);
                if (reader.TokenType == JsonTokenType.StartArray) path.Push(new Step(null, -1));
                else if (reader.TokenType == JsonTokenType.StartObject) path.Push(new Step("", 0));
            }
        }
        catch (JsonException)
        {
            // Then it has no fields.
        }

        return "";
    }

    private static string Text(Stack<Step> path)
    {
        var text = new StringBuilder();
        foreach (var (name, at) in path.Reverse())
        {
            if (name is null) text.Append(CultureInfo.InvariantCulture, $"[{at}]");
            else text.Append(text.Length > 0 ? "." : "").Append(name);
        }

        return text.ToString();
    }

    private static ushort? CodeAt(ReadOnlySpan<byte> json, int at) =>
        at + EscapeLength <= json.Length && json[at] == '\\' && json[at + 1] == 'u' && Utf8Parser.TryParse(json.Slice(at + 2, 4), out ushort code, out var read, 'X') && read == 4 ? code : null;

    /// <summary>Into an object by a name, or into an array.</summary>
    /// <param name="Name">Null: it is an array.</param>
    private readonly record struct Step(string? Name, int At);
}
