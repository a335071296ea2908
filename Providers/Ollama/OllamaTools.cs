using System.Text.Json;

namespace OrleansLlm.Providers.Ollama;

/// <summary>The tools that Ollama is told of. It has no word for a choice among them: fewer tools it can be told of.</summary>
internal sealed class OllamaTools(List<string> dropped)
{
    private JsonElement _tools, _choice;
    private AllowedTools? _allowed;
    private bool _none;

    /// <summary>Ollama knows no tools but functions, and takes one of another kind for a function without a name.</summary>
    public void Take(JsonElement tools)
    {
        _tools = tools;
        if (tools.EnumerateArray().All(IsFunction)) return;
        dropped.Add("tools.type");
        var functions = tools.EnumerateArray().Where(IsFunction).Select(tool => tool.GetRawText()).ToList();
        _tools = functions.Count == 0 ? default : JsonElement.Parse($"[{string.Join(',', functions)}]");

        static bool IsFunction(JsonElement tool) => tool.ValueKind != JsonValueKind.Object || ChatMessage.Type(tool) is null or "function";
    }

    /// <returns>Whether all of the choice can be said.</returns>
    public bool Choose(JsonElement choice)
    {
        _choice = choice;
        _allowed = AllowedTools.Of(choice);
        if (_allowed is not null) return _allowed.Mode.ValueEquals("auto"u8);
        // Without tools there is nothing to choose: that much of it can be said.
        _none = choice.ValueKind == JsonValueKind.String && choice.ValueEquals("none"u8);
        return _none || (choice.ValueKind == JsonValueKind.String && choice.ValueEquals("auto"u8));
    }

    public void WriteTo(Utf8JsonWriter json)
    {
        if (_none || _tools.ValueKind != JsonValueKind.Array) return;
        json.WriteStartArray("tools");
        foreach (var tool in Told()) tool.WriteTo(json);
        json.WriteEndArray();
    }

    /// <summary>Where one tool is named that must be called, a model that knows of no other calls that one or none.</summary>
    private IEnumerable<JsonElement> Told()
    {
        var tools = _tools.EnumerateArray();
        if (_allowed is not null) return tools.Where(_allowed.Has);
        return AllowedTools.NameOf(_choice) is { } name && tools.Any(tool => AllowedTools.NameOf(tool) == name) ? tools.Where(tool => AllowedTools.NameOf(tool) == name) : tools;
    }
}
