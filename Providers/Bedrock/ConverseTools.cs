using System.Text.Json;
using OrleansLlm.Providers.Anthropic;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>
/// Tools and the choice among them. Converse has no word for calling none, and wants to be told of a tool wherever the history has calls: then a tool stands for all
/// of them that is none.
/// </summary>
internal sealed class ConverseTools
{
    /// <summary>What is told where the model must not call, and was called before.</summary>
    private const string NoTool = "no_tool";

    /// <summary>Of strict tools a request may have this many.</summary>
    private const int MostStrict = 20;

    /// <summary>Converse's own elements of its list.</summary>
    private static readonly string[] OwnElements = ["toolSpec", "systemTool", "cachePoint"];

    private readonly List<(JsonElement Tool, string Where)> _tools = [];
    private readonly BedrockModel _model;
    private readonly bool _wereCalled;
    private JsonElement _choice;

    private ConverseTools(BedrockModel model, bool wereCalled) => (_model, _wereCalled) = (model, wereCalled);

    /// <summary>There are tools to call.</summary>
    public bool Any => _tools.Count > 0 && !IsNone;

    /// <summary>Something is said of tools.</summary>
    public bool AreTold => Any || _wereCalled;

    /// <summary>The model must call one.</summary>
    public bool IsForced => Any && _model.CanBeMadeToCall && Wish() is { Type: "any" or "tool" };

    private bool IsNone => (_choice.ValueKind == JsonValueKind.String && _choice.ValueEquals("none"u8)) || ChatMessage.String(_choice, "type") == "none";

    public static ConverseTools Take(RequestFields fields, BedrockModel model)
    {
        var tools = new ConverseTools(model, ConverseMessages.HasCalls(fields.Body));
        var list = fields.Take("tools", JsonValueKind.Array, "an array");
        if (list.ValueKind == JsonValueKind.Array)
        {
            var at = 0;
            foreach (var tool in list.EnumerateArray()) tools._tools.Add((tool, $"tools[{at++}]"));
        }

        tools._choice = fields.Take("tool_choice");
        if (AllowedTools.Of(tools._choice) is { } allowed)
        {
            tools._tools.RemoveAll(tool => !allowed.Has(tool.Tool));
            tools._choice = allowed.Mode;
        }

        if (tools._tools.RemoveAll(tool => IsAnothers(tool.Tool)) > 0) fields.Drop("tools.type");
        return tools;
    }

    /// <param name="answer">The client's format, where it takes a tool to say it.</param>
    public void Write(Utf8JsonWriter json, RequestFields fields, AnthropicFormat? answer)
    {
        if (answer is null && !AreTold) return;
        json.WriteStartObject("toolConfig");
        json.WriteStartArray("tools");
        if (answer is { } format) WriteSpec(json, AnthropicTools.AnswerTool, default, to => FunctionSchema.Write(to, format.Schema), false);
        else if (Any) WriteAll(json, fields);
        else WriteSpec(json, NoTool, JsonText.Element("There is nothing to call: answer in words."), to => FunctionSchema.Write(to, default), false);
        json.WriteEndArray();
        if (answer is not null) WriteChoice(json, "tool", AnthropicTools.AnswerTool);
        else if (Any) WriteWish(json, fields);
        json.WriteEndObject();
    }

    /// <summary>One of another service's own, as <c>web_search_20250305</c>.</summary>
    private static bool IsAnothers(JsonElement tool) => tool.ValueKind == JsonValueKind.Object && !tool.TryGetProperty("function", out _)
        && ChatMessage.Type(tool) is not (null or "function") && !OwnElements.Any(own => tool.TryGetProperty(own, out _));

    private void WriteAll(Utf8JsonWriter json, RequestFields fields)
    {
        var mayBeStrict = _model.HasOutputFormat && _tools.Count(tool => IsStrict(tool.Tool)) <= MostStrict;
        var (wanted, written) = (0, 0);
        foreach (var (tool, where) in _tools)
        {
            var isStrict = IsStrict(tool);
            if (isStrict) wanted++;
            if (WriteTool(json, tool, where, isStrict && mayBeStrict)) written++;
        }

        if (written < wanted) fields.Drop("tools.strict");
    }

    private static bool IsStrict(JsonElement tool) => tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("function", out var function)
        && function.ValueKind == JsonValueKind.Object && function.TryGetProperty("strict", out var strict) && strict.ValueKind == JsonValueKind.True;

    /// <returns>It is strict. A schema that cannot be said strictly is said as it is.</returns>
    private bool WriteTool(Utf8JsonWriter json, JsonElement tool, string where, bool mayBeStrict)
    {
        if (tool.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(where, $"{where} must be an object.");
        if (!tool.TryGetProperty("function", out var function))
        {
            if (!OwnElements.Any(own => tool.TryGetProperty(own, out _))) throw UpstreamException.CallerFault(where + ".function", $"{where}.function must be an object.");
            tool.WriteTo(json);
            return false;
        }

        if (ChatMessage.String(function, "name") is not { } name) throw UpstreamException.CallerFault(where + ".function.name", $"{where}.function.name must be a string.");
        function.TryGetProperty("description", out var description);
        function.TryGetProperty("parameters", out var schema);
        var strict = mayBeStrict && schema.ValueKind == JsonValueKind.Object ? ClaudeSchemas.Strict(schema) : null;
        WriteSpec(json, name, description, to =>
        {
            if (strict is not null) strict.WriteTo(to);
            else FunctionSchema.Write(to, schema);
        }, strict is not null);
        foreach (var holder in (ReadOnlySpan<JsonElement>)[tool, function])
        {
            if (!_model.CachesPrompts || !holder.TryGetProperty("cache_control", out var cached) || cached.ValueKind != JsonValueKind.Object) continue;
            ConverseMessages.WriteCachePoint(json, _model, holder);
            break;
        }

        return strict is not null;
    }

    private static void WriteSpec(Utf8JsonWriter json, string name, JsonElement description, Action<Utf8JsonWriter> schema, bool isStrict)
    {
        json.WriteStartObject();
        json.WriteStartObject("toolSpec");
        json.WriteString("name", name);
        if (description.ValueKind == JsonValueKind.String && !string.IsNullOrWhiteSpace(description.GetString()))
        {
            json.WritePropertyName("description");
            ChatMessage.WriteRaw(json, description);
        }

        json.WriteStartObject("inputSchema");
        json.WritePropertyName("json");
        schema(json);
        json.WriteEndObject();
        if (isStrict) json.WriteBoolean("strict", true);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteWish(Utf8JsonWriter json, RequestFields fields)
    {
        if (Wish() is not { } wish) return;
        if (wish.Type == "tool" ? !_model.CanBeForced : wish.Type == "any" && !_model.CanBeMadeToCall) fields.Drop("tool_choice");
        // What a model does by itself, and some know no word for.
        else if (wish.Type != "auto") WriteChoice(json, wish.Type, wish.Name);
    }

    private static void WriteChoice(Utf8JsonWriter json, string type, string? name)
    {
        json.WriteStartObject("toolChoice");
        json.WriteStartObject(type);
        if (name is not null) json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <returns>Null: nothing is said.</returns>
    private (string Type, string? Name)? Wish() => _choice.ValueKind switch
    {
        JsonValueKind.Undefined => null,
        JsonValueKind.String when _choice.GetString() is "auto" or "none" => ("auto", null),
        JsonValueKind.String when _choice.GetString() is "required" or "any" => ("any", null),
        JsonValueKind.Object when AllowedTools.NameOf(_choice) is { } name => ("tool", name),
        JsonValueKind.Object when ChatMessage.Type(_choice) is "auto" or "any" or "none" => (ChatMessage.Type(_choice) == "any" ? "any" : "auto", null),
        JsonValueKind.String => throw UpstreamException.CallerFault("tool_choice", "tool_choice must be none, auto, required or an object."),
        _ => throw UpstreamException.CallerFault("tool_choice", "tool_choice must be none, auto, required or an object that names a function."),
    };
}
