using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>Tools that a service runs by itself (https://platform.openai.com/docs/guides/tools).</summary>
internal static class HostedTools
{
    /// <summary>Not those of whose work more than a text and its sources would have to come back.</summary>
    public static bool AreForwarded(string type) => IsSearch(type) || type is "file_search" or "code_interpreter";

    /// <summary><c>web_search</c>, <c>web_search_preview</c>, and the same of a date.</summary>
    public static bool IsSearch(string type) => type.StartsWith("web_search", StringComparison.Ordinal);

    /// <summary>Codex wants no more by the rule than what OpenAI has stored of the web: nobody else has that.</summary>
    public static bool MayGoOut(JsonObject search) => search["external_web_access"] is not JsonValue may || !may.TryGetValue(out bool goes) || goes;

    /// <summary>A search as a chat asks for it: the place lies one level deeper there.</summary>
    public static JsonObject SearchOptions(JsonObject search)
    {
        var options = new JsonObject();
        if (search["search_context_size"] is { } size) options["search_context_size"] = size.DeepClone();
        if (search["user_location"] is not JsonObject place) return options;
        var approximate = new JsonObject();
        foreach (var (name, value) in place)
        {
            if (name != "type") approximate[name] = value?.DeepClone();
        }

        options["user_location"] = new JsonObject { ["type"] = "approximate", ["approximate"] = approximate };
        return options;
    }
}
