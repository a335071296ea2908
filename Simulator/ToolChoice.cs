using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>Which of the offered tools the "model" calls: those that the last message, a user's, mentions by name, or those
/// demanded.</summary>
internal static class ToolChoice
{
    public static IReadOnlyList<(string Name, string Arguments)> Calls(JsonElement request, string prompt)
    {
        if (request.Member("tools", JsonValueKind.Array) is not { } tools || tools.GetArrayLength() == 0) return [];
        if (request.Text("tool_choice") == "none") return [];
        if (request.Items("messages").LastOrDefault() is { ValueKind: JsonValueKind.Object } last && last.Text("role") != "user") return [];
        var demanded = request.Member("tool_choice", JsonValueKind.Object)?.Member("function", JsonValueKind.Object)?.Text("name");
        var calls = new List<(string, string)>();
        foreach (var tool in tools.EnumerateArray())
        {
            if (tool.Member("function", JsonValueKind.Object) is not { } function || function.Text("name") is not { } name) continue;
            if (demanded is null ? prompt.Contains(name, StringComparison.OrdinalIgnoreCase) : name == demanded) calls.Add(Call(function, name));
        }

        if (calls.Count == 0 && request.Text("tool_choice") == "required" && tools[0].Member("function", JsonValueKind.Object) is { } first)
            calls.Add(Call(first, first.Text("name") ?? "tool"));
        return calls;

        (string, string) Call(JsonElement function, string name) =>
            (name, Answer.JsonFor(function.Member("parameters", JsonValueKind.Object) ?? default, prompt));
    }
}
