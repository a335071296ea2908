using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>Tools and the choice among them.</summary>
internal sealed class AnthropicTools
{
    /// <summary>The tool that stands for a JSON answer; LiteLLM's name.</summary>
    public const string AnswerTool = "json_tool_call";

    /// <summary>The name that Anthropic wants its own search to have; no two tools may share one.</summary>
    private const string SearchTool = "web_search";

    /// <summary>Words of Anthropic's that a client may write into OpenAI's tool.</summary>
    private static readonly string[] OwnFields = ["defer_loading", "input_examples", "allowed_callers", "eager_input_streaming"];

    /// <summary>Of strict tools a request may have this many.</summary>
    private const int MostStrict = 20;

    private readonly List<(JsonElement Tool, string Where)> _tools = [];
    private WebSearch? _search;
    private string _model = "";
    private JsonElement _choice;
    private bool _oneAtATime;
    private bool _areInMessages;

    /// <summary>The client's own.</summary>
    public bool HasClients => _tools.Count > 0;

    private bool Any => HasClients || _search is not null;

    /// <summary>Where there is none Anthropic refuses a choice.</summary>
    private bool CanBeChosen => Any || _areInMessages;

    /// <summary>Anthropic's own search of the web is among them.</summary>
    public bool HasSearch => _search is not null || _tools.Exists(tool => tool.Tool.ValueKind == JsonValueKind.Object && !tool.Tool.TryGetProperty("function", out _)
        && ChatMessage.Type(tool.Tool) is { } type && type.StartsWith("web_search", StringComparison.Ordinal));

    /// <summary>The model must call one.</summary>
    public bool IsForced => CanBeChosen && ClaudeModels.CanBeForced(_model) && (_choice.ValueKind == JsonValueKind.Object
        ? ChatMessage.Type(_choice) is not ("auto" or "none") : _choice.ValueKind == JsonValueKind.String && _choice.ValueEquals("required"u8));

    public static AnthropicTools Take(RequestFields fields, string model)
    {
        var tools = new AnthropicTools { _model = model };
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

        tools._search = WebSearch.Take(fields);
        if (tools._search is not null && tools._tools.Exists(tool => NameOf(tool.Tool) == SearchTool)) tools.LeaveOutSearch(fields);
        tools._oneAtATime = fields.Take("parallel_tool_calls").ValueKind == JsonValueKind.False;
        // A long history is not looked through for nothing.
        tools._areInMessages = !tools.Any && (tools._oneAtATime || tools._choice.ValueKind != JsonValueKind.Undefined) && ToolsInMessages.AnyIn(fields.Body);
        return tools;
    }

    /// <param name="answer">The client's format, where it takes a tool to say it.</param>
    public void Write(Utf8JsonWriter json, RequestFields fields, AnthropicFormat? answer)
    {
        if (answer is { } format)
        {
            if (_search is not null) LeaveOutSearch(fields);
            json.WriteStartArray("tools");
            json.WriteStartObject();
            json.WriteString("name", AnswerTool);
            json.WritePropertyName("input_schema");
            if (format.Schema.ValueKind == JsonValueKind.Object) format.Schema.WriteTo(json);
            else json.WriteRawValue("""{"type":"object","additionalProperties":true}""");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartObject("tool_choice");
            json.WriteString("type", "tool");
            json.WriteString("name", AnswerTool);
            json.WriteEndObject();
            return;
        }

        if (Any) WriteTools(json, fields);
        if (CanBeChosen) WriteChoice(json, fields);
    }

    private void WriteTools(Utf8JsonWriter json, RequestFields fields)
    {
        json.WriteStartArray("tools");
        var mayBeStrict = ClaudeModels.HasOutputFormat(_model) && _tools.Count(tool => IsStrict(tool.Tool)) <= MostStrict;
        var (wanted, written) = (0, 0);
        foreach (var (tool, where) in _tools)
        {
            var isStrict = IsStrict(tool);
            if (isStrict) wanted++;
            if (WriteTool(json, tool, where, isStrict && mayBeStrict)) written++;
        }

        if (_search is not null) WriteSearch(json, _search);
        if (written < wanted) fields.Drop("tools.strict");
        json.WriteEndArray();
    }

    private void LeaveOutSearch(RequestFields fields)
    {
        _search = null;
        fields.Drop(WebSearch.Field);
    }

    private static string? NameOf(JsonElement tool)
    {
        if (tool.ValueKind != JsonValueKind.Object) return null;
        return ChatMessage.String(tool.TryGetProperty("function", out var function) ? function : tool, "name");
    }

    private static void WriteSearch(Utf8JsonWriter json, WebSearch search)
    {
        json.WriteStartObject();
        json.WriteString("type", "web_search_20250305");
        json.WriteString("name", SearchTool);
        // It knows no sizes. LiteLLM's numbers.
        if (search.Size is { } size) json.WriteNumber("max_uses", size switch { "low" => 1, "medium" => 5, _ => 10 });
        search.WritePlace(json);
        json.WriteEndObject();
    }

    private static bool IsStrict(JsonElement tool) => tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("function", out var function)
        && function.ValueKind == JsonValueKind.Object && function.TryGetProperty("strict", out var strict) && strict.ValueKind == JsonValueKind.True;

    /// <returns>It is strict. A schema that cannot be said strictly is said as it is.</returns>
    private static bool WriteTool(Utf8JsonWriter json, JsonElement tool, string where, bool mayBeStrict)
    {
        if (tool.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(where, $"{where} must be an object.");
        if (!tool.TryGetProperty("function", out var function))
        {
            // One of Anthropic's own: web_search_20250305 and the like, or one with an input_schema.
            if (ChatMessage.Type(tool) is "function" || (ChatMessage.Type(tool) is null or "custom" && !tool.TryGetProperty("input_schema", out _)))
                throw UpstreamException.CallerFault(where + ".function", $"{where}.function must be an object.");
            tool.WriteTo(json);
            return false;
        }

        if (ChatMessage.String(function, "name") is not { } name) throw UpstreamException.CallerFault(where + ".function.name", $"{where}.function.name must be a string.");
        json.WriteStartObject();
        json.WriteString("name", name);
        if (function.TryGetProperty("description", out var description) && description.ValueKind == JsonValueKind.String)
        {
            json.WritePropertyName("description");
            ChatMessage.WriteRaw(json, description);
        }

        json.WritePropertyName("input_schema");
        function.TryGetProperty("parameters", out var schema);
        var strict = mayBeStrict && schema.ValueKind == JsonValueKind.Object ? ClaudeSchemas.Strict(schema) : null;
        if (strict is not null) strict.WriteTo(json);
        else FunctionSchema.Write(json, schema);
        if (strict is not null) json.WriteBoolean("strict", true);
        if (tool.TryGetProperty("cache_control", out var cached) || function.TryGetProperty("cache_control", out cached))
        {
            json.WritePropertyName("cache_control");
            cached.WriteTo(json);
        }

        foreach (var field in OwnFields)
        {
            if (!tool.TryGetProperty(field, out var own) || own.ValueKind == JsonValueKind.Null) continue;
            json.WritePropertyName(field);
            own.WriteTo(json);
        }

        json.WriteEndObject();
        return strict is not null;
    }

    private void WriteChoice(Utf8JsonWriter json, RequestFields fields)
    {
        string? type = null, name = null;
        switch (_choice.ValueKind)
        {
            case JsonValueKind.Undefined:
                break;
            case JsonValueKind.String:
                type = _choice.GetString() switch
                {
                    "auto" => "auto",
                    "none" => "none",
                    "required" or "any" => "any",
                    _ => throw UpstreamException.CallerFault("tool_choice", "tool_choice must be none, auto, required or an object."),
                };
                break;
            case JsonValueKind.Object when _choice.TryGetProperty("function", out var function) && ChatMessage.String(function, "name") is { } wanted:
                (type, name) = ("tool", wanted);
                break;
            case JsonValueKind.Object when ChatMessage.Type(_choice) is "auto" or "any" or "none" or "tool":
                (type, name) = (ChatMessage.Type(_choice), ChatMessage.String(_choice, "name"));
                break;
            default:
                throw UpstreamException.CallerFault("tool_choice", "tool_choice must be none, auto, required or an object that names a function.");
        }

        if (type is "any" or "tool" && !ClaudeModels.CanBeForced(_model))
        {
            fields.Drop("tool_choice");
            (type, name) = ("auto", null);
        }

        if (type is null && !_oneAtATime) return;
        json.WriteStartObject("tool_choice");
        json.WriteString("type", type ?? "auto");
        if (name is not null) json.WriteString("name", name);
        if (_oneAtATime && type is not "none") json.WriteBoolean("disable_parallel_tool_use", true);
        json.WriteEndObject();
    }
}
