using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>
/// Tools of the client's as functions. Those that Anthropic runs or defines itself (web_search, bash, computer …) have no schema that another
/// model could be told: they are left out, which the answer's headers say; a request that demands one is refused.
/// </summary>
internal static class AnthropicTools
{
    /// <summary>What a model is told that a tool is called.</summary>
    public static string NameFor(string name, AnthropicWords known) => known == AnthropicWords.All ? name : LongToolName.Fitted(name);

    /// <summary>Those of the request and those that are defined in the middle of its conversation, each with its place.</summary>
    public static IEnumerable<(JsonElement Tool, string Where)> In(JsonElement body) => Own(body).Concat(SystemWords.ToolsIn(body)).Where(tool => tool.Tool.ValueKind == JsonValueKind.Object);

    /// <summary>What a tool of the client's can have besides, and OpenAI's cannot.</summary>
    private static readonly string[] OwnFields = ["defer_loading", "input_examples", "allowed_callers", "eager_input_streaming"];

    public static void Write(Utf8JsonWriter json, JsonElement body, AnthropicWords known, List<string> dropped)
    {
        var kept = new List<string>();
        var added = SystemWords.ToolsIn(body).ToList();
        foreach (var (tool, place) in All(body, added, known))
        {
            var where = place + ".";
            if (tool.ValueKind != JsonValueKind.Object) throw Json.Wrong(where[..^1], "an object");
            var type = Json.Text(tool, "type", where) ?? "custom";
            var isOwn = type != "custom";
            if (isOwn && known != AnthropicWords.All)
            {
                dropped.Add($"tools.{Json.Text(tool, "name", where) ?? type}");
                continue;
            }

            if (kept.Count == 0) json.WriteStartArray("tools");
            kept.Add(isOwn ? Json.Text(tool, "name", where) ?? type : Json.NeededText(tool, "name", where));
            if (isOwn) tool.WriteTo(json);
            else WriteFunction(json, tool, where, known, dropped);
        }

        if (kept.Count > 0) json.WriteEndArray();
        if (known == AnthropicWords.All) kept.AddRange(added.Select(tool => NameOf(tool.Tool)));
        if (kept.Count > 0) WriteChoice(json, body, kept, known);
    }

    /// <summary>Those of the request, and, but for Claude that is told of them where they are, those that are defined in the middle of the conversation: each name once, as it was defined last.</summary>
    private static IEnumerable<(JsonElement Tool, string Where)> All(JsonElement body, IReadOnlyList<(JsonElement Tool, string Where)> added, AnthropicWords known)
    {
        if (known == AnthropicWords.All || added.Count == 0) return Own(body);
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (tool, where) in added) last[NameOf(tool)] = where;
        return Own(body).Where(tool => !last.ContainsKey(NameOf(tool.Tool))).Concat(added.Where(tool => last[NameOf(tool.Tool)] == tool.Where));
    }

    private static IEnumerable<(JsonElement Tool, string Where)> Own(JsonElement body) =>
        (Json.Array(body, "tools", "") is { } tools ? tools.EnumerateArray() : default).Select((tool, at) => (tool, $"tools.{at}"));

    /// <summary>One without a name is refused where it is written.</summary>
    private static string NameOf(JsonElement tool) => tool.ValueKind == JsonValueKind.Object ? Json.Text(tool, "name", "tools.") ?? "" : "";

    private static void WriteFunction(Utf8JsonWriter json, JsonElement tool, string where, AnthropicWords known, List<string> dropped)
    {
        json.WriteStartObject();
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", NameFor(Json.NeededText(tool, "name", where), known));
        if (Json.Text(tool, "description", where) is { } description) json.WriteString("description", description);
        if (Json.Object(tool, "input_schema", where) is { } schema)
        {
            json.WritePropertyName("parameters");
            schema.WriteTo(json);
        }

        if (Json.Flag(tool, "strict", where)) json.WriteBoolean("strict", true);
        json.WriteEndObject();
        new AnthropicParts(json, known, dropped).WriteCacheControl(tool);
        foreach (var name in OwnFields)
        {
            if (Json.Any(tool, name) is not { } value) continue;
            if (known == AnthropicWords.All) WriteOwn(json, name, value);
            else if (!dropped.Contains("tools." + name)) dropped.Add("tools." + name);
        }

        json.WriteEndObject();
    }

    private static void WriteOwn(Utf8JsonWriter json, string name, JsonElement value)
    {
        json.WritePropertyName(name);
        value.WriteTo(json);
    }

    private static void WriteChoice(Utf8JsonWriter json, JsonElement body, List<string> kept, AnthropicWords known)
    {
        if (Json.Object(body, "tool_choice", "") is not { } choice) return;
        switch (Json.NeededText(choice, "type", "tool_choice."))
        {
            case "auto":
                json.WriteString("tool_choice", "auto");
                break;
            case "any":
                json.WriteString("tool_choice", "required");
                break;
            case "none":
                json.WriteString("tool_choice", "none");
                break;
            case "tool":
                var name = Json.NeededText(choice, "name", "tool_choice.");
                if (!kept.Contains(name)) throw Json.Wrong("tool_choice.name", "the name of a tool that this model can be told of");
                json.WriteStartObject("tool_choice");
                json.WriteString("type", "function");
                json.WriteStartObject("function");
                json.WriteString("name", NameFor(name, known));
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                throw Json.Wrong("tool_choice.type", "auto, any, tool or none");
        }

        if (Json.Flag(choice, "disable_parallel_tool_use", "tool_choice.")) json.WriteBoolean("parallel_tool_calls", false);
    }
}
