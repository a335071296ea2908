using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>The schema of a function's arguments, for services where it must say that it is an object's.</summary>
internal static class FunctionSchema
{
    /// <param name="schema">Undefined: the function has none.</param>
    public static void Write(Utf8JsonWriter json, JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out _))
        {
            schema.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", "object");
        if (schema.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in schema.EnumerateObject()) member.WriteTo(json);
        }
        else
        {
            json.WriteStartObject("properties");
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
