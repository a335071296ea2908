using System.Text.Json;

namespace OrleansLlm.Providers.Responses;

/// <summary>The form of the answer, <c>response_format</c>, and its length, <c>verbosity</c>: both are members of <c>text</c>.</summary>
internal static class ResponsesText
{
    /// <summary>A schema must have a name.</summary>
    private const string DefaultName = "response";

    public static void Write(Utf8JsonWriter json, RequestFields fields)
    {
        var given = fields.Take("response_format");
        var verbosity = fields.Take("verbosity", JsonValueKind.String, "a string");
        var format = ResponseFormat.Read(given);
        if (!format.IsJson && verbosity.ValueKind == JsonValueKind.Undefined) return;
        json.WriteStartObject("text");
        if (format.IsJson) WriteFormat(json, given, format);
        if (verbosity.ValueKind == JsonValueKind.String)
        {
            json.WritePropertyName("verbosity");
            ChatMessage.WriteRaw(json, verbosity);
        }

        json.WriteEndObject();
    }

    private static void WriteFormat(Utf8JsonWriter json, JsonElement given, ResponseFormat format)
    {
        json.WriteStartObject("format");
        if (format.Schema.ValueKind != JsonValueKind.Object)
        {
            json.WriteString("type", "json_object");
            json.WriteEndObject();
            return;
        }

        json.WriteString("type", "json_schema");
        json.WriteString("name", string.IsNullOrEmpty(format.Name) ? DefaultName : format.Name);
        given.TryGetProperty("json_schema", out var named);
        foreach (var name in (ReadOnlySpan<string>)["description", "strict"])
        {
            if (named.ValueKind != JsonValueKind.Object || !named.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) continue;
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        json.WritePropertyName("schema");
        format.Schema.WriteTo(json);
        json.WriteEndObject();
    }
}
