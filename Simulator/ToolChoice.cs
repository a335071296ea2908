using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>Which of the offered tools the "model" calls: those that the last message, a user's, mentions by name, or those
/// demanded.</summary>
/// <param name="None">It may call none.</param>
/// <param name="Required">It must call one.</param>
/// <param name="Demanded">It must call this one.</param>
internal readonly record struct ToolChoice(bool None, bool Required, string? Demanded)
{
    /// <summary>Reads a request in the words of OpenAI, which are Ollama's too.</summary>
    public static IReadOnlyList<(string Name, string Arguments)> Calls(JsonElement request, string prompt)
    {
        if (request.Items("messages").LastOrDefault() is { ValueKind: JsonValueKind.Object } last && last.Text("role") != "user") return [];
        var choice = new ToolChoice(
            request.Text("tool_choice") == "none", request.Text("tool_choice") == "required",
            request.Member("tool_choice", JsonValueKind.Object)?.Member("function", JsonValueKind.Object)?.Text("name"));
        return choice.Among(
            request.Items("tools").Select(tool => tool.Member("function", JsonValueKind.Object)).Where(function => function?.Text("name") is not null)
                .Select(function => (function!.Value.Text("name")!, function.Value.Member("parameters", JsonValueKind.Object) ?? default)),
            prompt);
    }

    public IReadOnlyList<(string Name, string Arguments)> Among(IEnumerable<(string Name, JsonElement Schema)> tools, string prompt)
    {
        if (None) return [];
        var offered = tools.ToList();
        var demanded = Demanded;
        var called = offered.FindAll(tool => demanded is null ? prompt.Contains(tool.Name, StringComparison.OrdinalIgnoreCase) : tool.Name == demanded);
        if (called.Count == 0 && Required && offered.Count > 0) called.Add(offered[0]);
        return called.ConvertAll(tool => (tool.Name, SchemaAnswer.JsonFor(tool.Schema, prompt)));
    }
}
