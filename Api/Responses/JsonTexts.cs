using System.Text;
using System.Text.Json;

namespace OrleansLlm.Api.Responses;

/// <summary>Texts in what backends send, in the shapes that they have them.</summary>
internal static class JsonTexts
{
    /// <returns>Null: there is no such text.</returns>
    public static string? Of(JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a character, which cannot be sent on as UTF-8.
            return "\uFFFD";
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
}
