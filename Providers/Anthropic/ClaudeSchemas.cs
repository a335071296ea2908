using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>
/// A JSON Schema in the part of that language that Claude's structured output takes
/// (https://docs.claude.com/en/docs/build-with-claude/structured-outputs): every object is closed, and of limits to numbers and lengths the
/// model is only told, in the description, as Anthropic's own libraries do. Anything else there is a 400.
/// </summary>
internal static class ClaudeSchemas
{
    /// <summary>More would be no schema that somebody wrote; and references are followed.</summary>
    private const int MostDepth = 64;

    private static readonly JsonSerializerOptions TellOptions = new() { Encoder = JsonText.Encoder };

    private static readonly HashSet<string> Kept =
        ["type", "title", "description", "enum", "const", "default", "properties", "required", "items", "anyOf", "allOf", "oneOf", "$ref", "$defs", "definitions", "additionalProperties"];

    /// <summary>Words that say nothing about the answer.</summary>
    private static readonly HashSet<string> Silent = ["$schema", "$id", "$comment", "$anchor", "strict"];

    private static readonly HashSet<string> Formats = ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

    /// <returns>Null: it means objects with whatever members, or itself again, or something elsewhere, which cannot be said strictly.</returns>
    public static JsonNode? Strict(JsonElement schema)
    {
        try
        {
            return JsonNode.Parse(schema.GetRawText(), documentOptions: NestedJson.Document) is JsonObject root && !MeetsItself(root) ? Of(root, 0) : null;
        }
        catch (Exception wrong) when (wrong is NotStrictException or InvalidOperationException or FormatException or ArgumentException)
        {
            // No schema: a word is of another type than it has, or stands there twice.
            return null;
        }
    }

    private static JsonObject Of(JsonNode? node, int depth)
    {
        if (node is not JsonObject given || depth > MostDepth) throw new NotStrictException();
        // Before anything else: what is merged is read for itself, and its definitions must not be said twice at each of many levels.
        if (given["$ref"] is null && given["allOf"] is JsonArray { Count: 1 } only) return Merged(given, only[0], depth);
        var strict = new JsonObject();
        foreach (var name in (ReadOnlySpan<string>)["$defs", "definitions"]) WriteMap(given, strict, name, depth);
        if (given["$ref"] is { } reference)
        {
            // Nothing else counts beside it.
            strict["$ref"] = reference.DeepClone();
            return strict;
        }

        foreach (var name in (ReadOnlySpan<string>)["title", "description", "enum", "const", "default"])
        {
            if (given.TryGetPropertyValue(name, out var value)) strict[name] = value?.DeepClone();
        }

        if (given["enum"] is JsonArray choices && choices.Any(choice => choice is JsonObject or JsonArray)) throw new NotStrictException();
        WriteChoices(given, strict, depth);
        WriteType(given, strict, depth);
        Tell(given, strict);
        return strict;
    }

    /// <summary>One schema in <c>allOf</c> is how some libraries put a description beside a reference.</summary>
    private static JsonObject Merged(JsonObject given, JsonNode? only, int depth)
    {
        if (only is not JsonObject inner) throw new NotStrictException();
        // Moved and not copied: one may stand in another thirty times.
        var members = inner.ToList();
        inner.Clear();
        given.Remove("allOf");
        foreach (var (name, value) in members) given[name] = value;
        return Of(given, depth + 1);
    }

    private static void WriteChoices(JsonObject given, JsonObject strict, int depth)
    {
        if ((given["anyOf"] ?? given["oneOf"]) is JsonArray any) strict["anyOf"] = Each(any, depth);
        if (given["allOf"] is not JsonArray all) return;
        if (all.Any(part => part is JsonObject schema && schema.ContainsKey("$ref"))) throw new NotStrictException();
        strict["allOf"] = Each(all, depth);
    }

    private static JsonArray Each(JsonArray schemas, int depth) => [.. schemas.Select(JsonNode? (schema) => Of(schema, depth + 1))];

    private static void WriteType(JsonObject given, JsonObject strict, int depth)
    {
        var type = given["type"]?.DeepClone() ?? (given["properties"] is JsonObject ? "object" : given.ContainsKey("items") ? "array" : null);
        if (type is not null) strict["type"] = type;
        else if (!(strict.ContainsKey("anyOf") || strict.ContainsKey("allOf") || strict.ContainsKey("enum") || strict.ContainsKey("const"))) throw new NotStrictException();
        if (Is(type, "object"))
        {
            CheckClosed(given);
            WriteMap(given, strict, "properties", depth);
            if (given["required"] is JsonArray required) strict["required"] = required.DeepClone();
            strict["additionalProperties"] = false;
        }

        if (Is(type, "array"))
        {
            if (given["items"] is { } items) strict["items"] = Of(items, depth + 1);
            if (given["minItems"] is JsonValue least && least.TryGetValue<int>(out var count) && count is 0 or 1) strict["minItems"] = count;
        }

        if (given["format"] is JsonValue format && format.TryGetValue<string>(out var name) && Formats.Contains(name)) strict["format"] = name;
    }

    private static bool Is(JsonNode? type, string name) =>
        type is JsonValue ? type.GetValue<string>() == name : type is JsonArray several && several.Any(one => one?.GetValue<string>() == name);

    /// <summary>A map from any name to something, or an object of which nothing is said, would be empty once it is closed.</summary>
    private static void CheckClosed(JsonObject given)
    {
        var (more, isClosed) = (given["additionalProperties"], given["additionalProperties"] is JsonValue told && told.TryGetValue<bool>(out var open) && !open);
        if (more is JsonObject || given["patternProperties"] is JsonObject { Count: > 0 }) throw new NotStrictException();
        if (!isClosed && given["properties"] is not JsonObject { Count: > 0 } && !given.ContainsKey("anyOf") && !given.ContainsKey("allOf")) throw new NotStrictException();
    }

    private static void WriteMap(JsonObject given, JsonObject strict, string name, int depth)
    {
        if (given[name] is not JsonObject map) return;
        var written = new JsonObject();
        foreach (var (key, schema) in map) written[key] = Of(schema, depth + 1);
        strict[name] = written;
    }

    /// <summary>What there is no word for, said to the model.</summary>
    private static void Tell(JsonObject given, JsonObject strict)
    {
        var told = given
            .Where(member => member.Value is not null && !Kept.Contains(member.Key) && !Silent.Contains(member.Key) && !strict.ContainsKey(member.Key))
            .Select(member => $"{member.Key}: {member.Value!.ToJsonString(TellOptions)}")
            .ToList();
        if (told.Count == 0) return;
        var before = strict["description"] is JsonValue text && text.TryGetValue<string>(out var description) ? description + "\n\n" : "";
        strict["description"] = $"{before}{{{string.Join(", ", told)}}}";
    }

    /// <summary>A reference leads out of the schema, or to something that it is in itself.</summary>
    private static bool MeetsItself(JsonObject root)
    {
        var leadsTo = new Dictionary<string, List<string>>(StringComparer.Ordinal) { ["#"] = [] };
        foreach (var list in (ReadOnlySpan<string>)["$defs", "definitions"])
        {
            if (root[list] is not JsonObject map) continue;
            foreach (var (name, schema) in map) Collect(schema, leadsTo[$"#/{list}/{name}"] = [], 0);
        }

        Collect(root, leadsTo["#"], 0);
        var left = new HashSet<string>(StringComparer.Ordinal);
        return leadsTo.Keys.Any(name => IsInCircle(name, leadsTo, [], left));
    }

    private static bool IsInCircle(string name, Dictionary<string, List<string>> leadsTo, HashSet<string> within, HashSet<string> left)
    {
        if (left.Contains(name)) return false;
        if (!leadsTo.TryGetValue(name, out var next) || within.Count > MostDepth || !within.Add(name)) return true;
        var found = next.Any(to => IsInCircle(to, leadsTo, within, left));
        within.Remove(name);
        left.Add(name);
        return found;
    }

    private static void Collect(JsonNode? node, List<string> references, int depth)
    {
        if (depth > 2 * MostDepth) throw new NotStrictException();
        if (node is JsonArray list)
        {
            foreach (var item in list) Collect(item, references, depth + 1);
        }
        else if (node is JsonObject schema)
        {
            foreach (var (name, value) in schema)
            {
                // At the top these are only named; what they hold belongs to their own names.
                if (depth == 0 && name is "$defs" or "definitions") continue;
                if (name == "$ref" && value is JsonValue reference && reference.TryGetValue<string>(out var to)) references.Add(to);
                else Collect(value, references, depth + 1);
            }
        }
    }

    private sealed class NotStrictException : Exception;
}
