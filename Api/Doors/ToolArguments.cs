using System.Text.Json;

namespace OrleansLlm.Api.Doors;

/// <summary>The arguments of a tool call: OpenAI has the text that the model wrote, others an object.</summary>
internal static class ToolArguments
{
    /// <summary>Under this name stands what is no object, such as the beginning of one where the token limit has cut it: nothing is lost and nothing made up.</summary>
    public const string Raw = "raw_arguments";

    /// <summary>Writes the value.</summary>
    public static void Write(Utf8JsonWriter json, JoinedText arguments)
    {
        if (arguments.TryRead(out var text) && (string.IsNullOrWhiteSpace(text) || IsObject(text)))
        {
            json.WriteRawValue(string.IsNullOrWhiteSpace(text) ? "{}" : OnOneLine(text), skipInputValidation: true);
            return;
        }

        json.WriteStartObject();
        json.WritePropertyName(Raw);
        json.WriteRawValue(arguments.Quoted, skipInputValidation: true);
        json.WriteEndObject();
    }

    /// <summary>Models like to write them prettily, and where a line is a frame they would break it. Within a JSON string there are no line breaks.</summary>
    private static string OnOneLine(string json) => json.Replace('\n', ' ').Replace('\r', ' ');

    private static bool IsObject(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, NestedJson.Document);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
