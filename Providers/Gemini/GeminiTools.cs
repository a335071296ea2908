using System.Text.Json;

namespace OrleansLlm.Providers.Gemini;

/// <summary>Tools and the choice among them.</summary>
internal static class GeminiTools
{
    public static void Write(Utf8JsonWriter json, RequestFields fields, UpstreamReport report)
    {
        var tools = fields.Take("tools", JsonValueKind.Array, "an array");
        var choice = fields.Take("tool_choice");
        var hasTools = tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0;
        var allowed = AllowedTools.Of(choice);
        var functions = hasTools ? FunctionsIn(tools, allowed) : [];
        var searches = Searches(fields, hasTools ? tools : default, functions.Count > 0);
        if (!hasTools && !searches) return;
        json.WriteStartArray("tools");
        WriteFunctions(json, functions);
        if (hasTools) WriteOwn(json, tools);
        if (searches) json.WriteRawValue("""{"googleSearch":{}}""");
        json.WriteEndArray();
        report.MayCite = searches || HasSearch(tools);
        if (hasTools) WriteChoice(json, allowed?.Mode ?? choice);
    }

    /// <summary>Most models refuse a search beside functions (https://ai.google.dev/gemini-api/docs/google-search): the functions are the client's work.</summary>
    private static bool Searches(RequestFields fields, JsonElement tools, bool hasFunctions)
    {
        if (WebSearch.Take(fields) is null || HasSearch(tools)) return false;
        if (hasFunctions) fields.Drop(WebSearch.Field);
        return !hasFunctions;
    }

    private static bool HasSearch(JsonElement tools) => tools.ValueKind == JsonValueKind.Array
        && tools.EnumerateArray().Any(tool => tool.ValueKind == JsonValueKind.Object && (tool.TryGetProperty("googleSearch", out _) || tool.TryGetProperty("google_search", out _)));

    private static List<JsonElement> FunctionsIn(JsonElement tools, AllowedTools? allowed)
    {
        var functions = new List<JsonElement>();
        var at = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var where = $"tools[{at++}]";
            if (tool.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(where, $"{where} must be an object.");
            if (!tool.TryGetProperty("function", out var function))
            {
                if (ChatMessage.Type(tool) is null) continue;
                throw UpstreamException.CallerFault(where + ".function", $"{where}.function must be an object.");
            }

            if (ChatMessage.String(function, "name") is null) throw UpstreamException.CallerFault(where + ".function.name", $"{where}.function.name must be a string.");
            if (allowed is null || allowed.Has(tool)) functions.Add(function);
        }

        return functions;
    }

    private static void WriteFunctions(Utf8JsonWriter json, List<JsonElement> functions)
    {
        if (functions.Count == 0) return;
        json.WriteStartObject();
        json.WriteStartArray("functionDeclarations");
        foreach (var function in functions)
        {
            json.WriteStartObject();
            json.WriteString("name", ChatMessage.String(function, "name"));
            if (function.TryGetProperty("description", out var description) && description.ValueKind == JsonValueKind.String)
            {
                json.WritePropertyName("description");
                ChatMessage.WriteRaw(json, description);
            }

            // As JSON Schema: `parameters` takes only a part of OpenAPI's.
            if (function.TryGetProperty("parameters", out var schema) && schema.ValueKind == JsonValueKind.Object && schema.EnumerateObject().Any())
            {
                json.WritePropertyName("parametersJsonSchema");
                schema.WriteTo(json);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Google's own tools, such as <c>{"googleSearch": {}}</c>.</summary>
    private static void WriteOwn(Utf8JsonWriter json, JsonElement tools)
    {
        foreach (var tool in tools.EnumerateArray())
        {
            if (!tool.TryGetProperty("function", out _)) tool.WriteTo(json);
        }
    }

    private static void WriteChoice(Utf8JsonWriter json, JsonElement choice)
    {
        string? mode, name = null;
        switch (choice.ValueKind)
        {
            case JsonValueKind.Undefined:
                return;
            case JsonValueKind.String:
                mode = choice.GetString() switch
                {
                    "auto" => "AUTO",
                    "none" => "NONE",
                    "required" or "any" => "ANY",
                    _ => throw UpstreamException.CallerFault("tool_choice", "tool_choice must be none, auto, required or an object."),
                };
                break;
            case JsonValueKind.Object when choice.TryGetProperty("function", out var function) && ChatMessage.String(function, "name") is { } wanted:
                (mode, name) = ("ANY", wanted);
                break;
            default:
                throw UpstreamException.CallerFault("tool_choice", "tool_choice must be none, auto, required or an object that names a function.");
        }

        json.WriteStartObject("toolConfig");
        json.WriteStartObject("functionCallingConfig");
        json.WriteString("mode", mode);
        if (name is not null)
        {
            json.WriteStartArray("allowedFunctionNames");
            json.WriteStringValue(name);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
