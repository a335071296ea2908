using System.Text.Json;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>
/// OpenAI's published schema of its answers (openai-types.json names its source), and as much of JSON Schema as it needs to check one by it.
/// </summary>
internal static class OpenAiTypes
{
    private static readonly JsonElement Types = Load();

    /// <summary>Fails with every place at which the value is not of the type.</summary>
    public static void Check(string type, JsonElement value)
    {
        var problems = new List<string>();
        Check(Types.GetProperty(type), value, type, problems);
        Assert.True(problems.Count == 0, $"{string.Join("\n", problems)}\nin {value.GetRawText()}");
    }

    /// <summary>By the type that the event names.</summary>
    public static void CheckEvent(JsonElement value)
    {
        var type = value.GetProperty("type");
        var named = Types.EnumerateObject().Where(t => t.Name.EndsWith("Event", StringComparison.Ordinal)
            && JsonElement.DeepEquals(t.Value.GetProperty("properties").GetProperty("type").GetProperty("enum")[0], type)).ToList();
        Assert.True(named.Count == 1, $"no event of OpenAI's is called {type}");
        Check(named[0].Name, value);
    }

    private static void Check(JsonElement schema, JsonElement value, string where, List<string> problems)
    {
        if (schema.ValueKind != JsonValueKind.Object) return;
        if (schema.TryGetProperty("nullable", out var nullable) && nullable.ValueKind == JsonValueKind.True && value.ValueKind == JsonValueKind.Null) return;
        foreach (var rule in schema.EnumerateObject())
        {
            switch (rule.Name)
            {
                case "$ref":
                    Check(Types.GetProperty(rule.Value.GetString()![2..]), value, where, problems);
                    break;
                case "type" when !Names(rule.Value).Any(name => IsOf(name, value)):
                    problems.Add($"{where}: is {value.ValueKind}, not {rule.Value}");
                    break;
                case "enum" when !rule.Value.EnumerateArray().Any(allowed => JsonElement.DeepEquals(allowed, value)):
                    problems.Add($"{where}: {value} is none of {rule.Value}");
                    break;
                case "anyOf" or "oneOf":
                    CheckAny(rule.Value, value, where, problems);
                    break;
                case "allOf":
                    foreach (var part in rule.Value.EnumerateArray()) Check(part, value, where, problems);
                    break;
                case "required" when value.ValueKind == JsonValueKind.Object:
                    problems.AddRange(Names(rule.Value).Where(name => !value.TryGetProperty(name, out _)).Select(name => $"{where}.{name}: is missing"));
                    break;
                case "properties" when value.ValueKind == JsonValueKind.Object:
                    foreach (var property in rule.Value.EnumerateObject())
                    {
                        if (value.TryGetProperty(property.Name, out var member)) Check(property.Value, member, $"{where}.{property.Name}", problems);
                    }

                    break;
                case "items" when value.ValueKind == JsonValueKind.Array:
                    var at = 0;
                    foreach (var item in value.EnumerateArray()) Check(rule.Value, item, $"{where}[{at++}]", problems);
                    break;
            }
        }
    }

    private static void CheckAny(JsonElement schemas, JsonElement value, string where, List<string> problems)
    {
        var all = new List<string>();
        foreach (var schema in schemas.EnumerateArray())
        {
            var own = new List<string>();
            Check(schema, value, where, own);
            if (own.Count == 0) return;
            all.AddRange(own);
        }

        problems.AddRange(all);
    }

    private static IEnumerable<string> Names(JsonElement names) =>
        names.ValueKind == JsonValueKind.Array ? names.EnumerateArray().Select(n => n.GetString()!) : [names.GetString()!];

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() == Math.Floor(value.GetDouble()),
        _ => throw new InvalidOperationException($"A schema with the type {type}."),
    };

    private static JsonElement Load()
    {
        using var stream = typeof(OpenAiTypes).Assembly.GetManifestResourceStream("openai-types.json")!;
        return JsonDocument.Parse(stream).RootElement.GetProperty("types").Clone();
    }
}
