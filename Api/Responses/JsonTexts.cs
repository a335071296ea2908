using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Api.Responses;

/// <summary>Texts in what backends send, in the shapes that they have them.</summary>
internal static class JsonTexts
{
    /// <returns>Null: there is no such text. It may begin and end within a character, whose other half is in another piece.</returns>
    public static string? Of(JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // It has half of a character.
            return Unescaped(value);
        }
    }

    /// <summary>Most send a text; Mistral's reasoning models parts.</summary>
    public static string? OfContent(JsonElement delta)
    {
        if (!delta.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.Array) return Of(delta, "content");
        var text = new StringBuilder();
        foreach (var part in content.EnumerateArray()) text.Append(Of(part, "text"));
        return text.ToString();
    }

    /// <summary>A text by the rule, an object by some.</summary>
    public static string? OfArguments(JsonElement function)
    {
        if (function.ValueKind != JsonValueKind.Object) return null;
        return function.TryGetProperty("arguments", out var arguments) && arguments.ValueKind == JsonValueKind.Object ? arguments.GetRawText() : Of(function, "arguments");
    }

    public static bool IsObject(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Unescaped(JsonElement text)
    {
        var escaped = Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(text)[1..^1]);
        var result = new StringBuilder(escaped.Length);
        for (var at = 0; at < escaped.Length; at++)
        {
            if (escaped[at] != '\\')
            {
                result.Append(escaped[at]);
            }
            else if (escaped[++at] == 'u')
            {
                result.Append((char)ushort.Parse(escaped.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                at += 4;
            }
            else
            {
                result.Append(escaped[at] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var itself => itself });
            }
        }

        return result.ToString();
    }
}
