using System.Text;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>JSON that fits a JSON schema, as a model writes it whose output is constrained to one: every property, the first of what may
/// be chosen, one item in each list.</summary>
internal static class SchemaAnswer
{
    private const int MaxDepth = 16;

    /// <summary>Where the schema is none or an object that does not say more: an object with the one member "answer".</summary>
    /// <param name="schema">Its references are within itself (#/$defs/…).</param>
    /// <param name="text">What texts become.</param>
    public static string JsonFor(JsonElement schema, string text)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, ReplyWriter.JsonOptions))
        {
            var settled = Settled(schema, schema);
            if (settled.Member("properties", JsonValueKind.Object) is not null || TypeOf(settled) is not ("object" or null))
            {
                WriteValue(json, settled, schema, text, 0);
            }
            else
            {
                json.WriteStartObject();
                json.WriteString("answer", text);
                json.WriteEndObject();
            }
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteValue(Utf8JsonWriter json, JsonElement given, JsonElement root, string text, int depth)
    {
        var schema = Settled(given, root);
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("const", out var constant)) constant.WriteTo(json);
        else if (schema.Items("enum").FirstOrDefault() is { ValueKind: not JsonValueKind.Undefined } first) first.WriteTo(json);
        else
        {
            switch (TypeOf(schema))
            {
                case "integer" or "number": json.WriteNumberValue(schema.Int("minimum") ?? 1); break;
                case "boolean": json.WriteBooleanValue(true); break;
                case "null": json.WriteNullValue(); break;
                case "array": WriteList(json, schema, root, text, depth); break;
                case "object": WriteObject(json, schema, root, text, depth); break;
                default: json.WriteStringValue(text); break;
            }
        }
    }

    private static void WriteObject(Utf8JsonWriter json, JsonElement schema, JsonElement root, string text, int depth)
    {
        json.WriteStartObject();
        if (depth < MaxDepth && schema.Member("properties", JsonValueKind.Object) is { } properties)
        {
            foreach (var property in properties.EnumerateObject())
            {
                json.WritePropertyName(property.Name);
                WriteValue(json, property.Value, root, text, depth + 1);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, JsonElement schema, JsonElement root, string text, int depth)
    {
        json.WriteStartArray();
        if (depth < MaxDepth && schema.Member("items", JsonValueKind.Object) is { } items) WriteValue(json, items, root, text, depth + 1);
        json.WriteEndArray();
    }

    /// <summary>The schema itself: references followed, of alternatives the first that is not null.</summary>
    private static JsonElement Settled(JsonElement schema, JsonElement root)
    {
        for (var steps = 0; steps < MaxDepth; steps++)
        {
            if (schema.Text("$ref") is { } reference) schema = Find(reference, root);
            else if (Alternatives(schema) is { ValueKind: JsonValueKind.Object } chosen) schema = chosen;
            else break;
        }

        return schema;
    }

    private static JsonElement Alternatives(JsonElement schema) =>
        new[] { "anyOf", "oneOf", "allOf" }.SelectMany(name => schema.Items(name)).FirstOrDefault(one => one.Text("type") != "null");

    private static JsonElement Find(string reference, JsonElement root)
    {
        var found = root;
        foreach (var name in reference.Split('/').Skip(1))
        {
            if (found.Member(name, JsonValueKind.Object) is not { } next) return default;
            found = next;
        }

        return found;
    }

    private static string? TypeOf(JsonElement schema) =>
        schema.Text("type") ?? schema.Items("type").Select(type => type.GetString()).FirstOrDefault(type => type != "null")
        ?? (schema.Member("properties", JsonValueKind.Object) is null ? null : "object");
}
