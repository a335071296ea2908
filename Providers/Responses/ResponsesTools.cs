using System.Text.Json;

namespace OrleansLlm.Providers.Responses;

/// <summary>Tools and the choice among them: what stands within <c>function</c> or <c>custom</c> in a chat request stands beside the type here.</summary>
internal static class ResponsesTools
{
    private static readonly string[] Wrappers = ["function", "custom"];

    public static void Write(Utf8JsonWriter json, RequestFields fields)
    {
        var tools = fields.Take("tools", JsonValueKind.Array, "an array");
        var choice = fields.Take("tool_choice");
        var parallel = fields.Take("parallel_tool_calls");
        var search = WebSearch.Take(fields);
        var hasTools = tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0;
        if (!hasTools && search is null) return;
        json.WriteStartArray("tools");
        if (hasTools)
        {
            var at = 0;
            foreach (var tool in tools.EnumerateArray()) WriteTool(json, tool, $"tools[{at++}]");
        }

        if (search is not null) WriteSearch(json, search);
        json.WriteEndArray();
        if (!hasTools) return;
        if (choice.ValueKind != JsonValueKind.Undefined) WriteChoice(json, choice);
        if (parallel.ValueKind is JsonValueKind.True or JsonValueKind.False) json.WriteBoolean("parallel_tool_calls", parallel.GetBoolean());
    }

    private static void WriteTool(Utf8JsonWriter json, JsonElement tool, string where)
    {
        if (tool.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(where, $"{where} must be an object.");
        if (tool.TryGetProperty("function", out var function)) WriteFunction(json, function, where + ".function");
        else if (tool.TryGetProperty("custom", out var custom)) WriteCustom(json, custom, where + ".custom");
        else if (ChatMessage.Type(tool) is null or "function") throw UpstreamException.CallerFault(where + ".function", $"{where}.function must be an object.");
        // One of the service's own: web_search, file_search, computer_use_preview and the like.
        else tool.WriteTo(json);
    }

    private static void WriteSearch(Utf8JsonWriter json, WebSearch search)
    {
        json.WriteStartObject();
        json.WriteString("type", "web_search");
        if (search.Size is not null) json.WriteString("search_context_size", search.Size);
        search.WritePlace(json);
        json.WriteEndObject();
    }

    private static void WriteFunction(Utf8JsonWriter json, JsonElement function, string where)
    {
        WriteHead(json, "function", function, where);
        json.WritePropertyName("parameters");
        if (function.TryGetProperty("parameters", out var schema) && schema.ValueKind == JsonValueKind.Object) schema.WriteTo(json);
        else json.WriteRawValue("""{"type":"object","properties":{}}""");
        // Unlike in a chat, who says nothing means yes here.
        json.WriteBoolean("strict", function.TryGetProperty("strict", out var strict) && strict.ValueKind == JsonValueKind.True);
        json.WriteEndObject();
    }

    private static void WriteCustom(Utf8JsonWriter json, JsonElement custom, string where)
    {
        WriteHead(json, "custom", custom, where);
        if (custom.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.Object)
        {
            json.WriteStartObject("format");
            foreach (var member in format.EnumerateObject())
            {
                if (!member.NameEquals("grammar"u8) || member.Value.ValueKind != JsonValueKind.Object) member.WriteTo(json);
                else foreach (var part in member.Value.EnumerateObject()) part.WriteTo(json);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteHead(Utf8JsonWriter json, string type, JsonElement tool, string where)
    {
        if (tool.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(where, $"{where} must be an object.");
        if (ChatMessage.String(tool, "name") is null) throw UpstreamException.CallerFault(where + ".name", $"{where}.name must be a string.");
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WritePropertyName("name");
        ChatMessage.WriteRaw(json, tool.GetProperty("name"));
        if (!tool.TryGetProperty("description", out var description) || description.ValueKind != JsonValueKind.String) return;
        json.WritePropertyName("description");
        ChatMessage.WriteRaw(json, description);
    }

    private static void WriteChoice(Utf8JsonWriter json, JsonElement choice)
    {
        var allowed = AllowedTools.Of(choice);
        json.WritePropertyName("tool_choice");
        switch (choice.ValueKind)
        {
            case JsonValueKind.String:
                json.WriteStringValue(choice.GetString() switch
                {
                    "auto" => "auto",
                    "none" => "none",
                    "required" or "any" => "required",
                    _ => throw Wrong(),
                });
                break;
            case JsonValueKind.Object when allowed is not null:
                json.WriteStartObject();
                json.WriteString("type", "allowed_tools");
                json.WritePropertyName("mode");
                allowed.Mode.WriteTo(json);
                json.WriteStartArray("tools");
                foreach (var tool in choice.GetProperty("allowed_tools").GetProperty("tools").EnumerateArray()) WriteNamed(json, tool);
                json.WriteEndArray();
                json.WriteEndObject();
                break;
            case JsonValueKind.Object when ChatMessage.Type(choice) is not null:
                WriteNamed(json, choice);
                break;
            default:
                throw Wrong();
        }
    }

    /// <summary>A tool by its type and name; one of the service's own as it is.</summary>
    private static void WriteNamed(Utf8JsonWriter json, JsonElement tool)
    {
        if (tool.ValueKind != JsonValueKind.Object) throw Wrong();
        foreach (var wrapper in Wrappers)
        {
            if (!tool.TryGetProperty(wrapper, out var wrapped)) continue;
            if (ChatMessage.String(wrapped, "name") is not { } name) throw Wrong();
            json.WriteStartObject();
            json.WriteString("type", wrapper);
            json.WriteString("name", name);
            json.WriteEndObject();
            return;
        }

        tool.WriteTo(json);
    }

    private static UpstreamException Wrong() => UpstreamException.CallerFault("tool_choice", "tool_choice must be none, auto, required or an object that names a tool.");
}
