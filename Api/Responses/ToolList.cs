using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>
/// The request's tools as a chat request has them. Of those that a service of OpenAI's would run a search of the web is asked of who can search; others
/// are for its own Responses API, or are left out, and told.
/// </summary>
internal sealed class ToolList
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HostedTools _hosted;

    private ToolList(HostedTools hosted) => _hosted = hosted;

    /// <summary>Functions, and what the model's own service runs.</summary>
    public JsonArray Tools { get; } = [];

    /// <summary>A chat's <c>web_search_options</c>; null: none.</summary>
    public JsonObject? Search { get; private set; }

    /// <summary>Types of the tools that were left out, each once.</summary>
    public SortedSet<string> Dropped { get; } = new(StringComparer.Ordinal);

    /// <param name="hosted">What may be asked of a service.</param>
    public static ToolList Of(ResponseBody body, HostedTools hosted)
    {
        var list = new ToolList(hosted);
        foreach (var (tools, name) in ListsIn(body)) list.Add(tools, name, space: null);
        return list;
    }

    /// <summary>The list that a request has for that, then those that stand among its items: what an agent adds, or has found for the model.</summary>
    public static IEnumerable<(JsonArray Tools, string Name)> ListsIn(ResponseBody body)
    {
        if (body.Array("tools") is { } own) yield return (own, "tools");
        if (body.Json["input"] is not JsonArray items) yield break;
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is JsonObject item && InputItems.BringsTools(item) && item["tools"] is JsonArray more) yield return (more, $"input[{i}].tools");
        }
    }

    /// <summary>Null: the model's choice.</summary>
    public static JsonNode? Choice(ResponseBody body)
    {
        const string name = "tool_choice";
        if (body.Json[name] is not JsonObject choice) return body.Text(name);
        switch (ResponseBody.Needed(choice, "type", name))
        {
            case "function" or "custom":
                var chosen = ToolName.InChat(ResponseBody.TextOf(choice["namespace"], $"{name}.namespace"), ResponseBody.Needed(choice, "name", name));
                return Wrapped(new JsonObject { ["name"] = chosen });
            case "allowed_tools":
                return ResponseBody.TextOf(choice["mode"], $"{name}.mode");
            default:
                // One of those that were left out.
                return null;
        }
    }

    private void Add(JsonArray tools, string list, JsonObject? space)
    {
        for (var i = 0; i < tools.Count; i++)
        {
            var name = $"{list}[{i}]";
            var tool = tools[i] as JsonObject ?? throw ResponseBody.Wrong(name, "an object", tools[i]);
            switch (ResponseBody.Needed(tool, "type", name))
            {
                case "function":
                    Add(FunctionOf(tool, name), name, space);
                    break;
                case "custom":
                    Add(CustomTools.ToFunction(tool, name), name, space);
                    break;
                case "namespace" when space is null:
                    _ = ResponseBody.Needed(tool, "name", name);
                    Add(tool["tools"] as JsonArray ?? throw ResponseBody.Wrong($"{name}.tools", "an array", tool["tools"]), $"{name}.tools", tool);
                    break;
                case ToolName.Search when space is null && InputItems.IsClients(tool):
                    Add(SearchOf(tool), name, space);
                    break;
                case ToolName.Search when space is null:
                    // A search that a service would run: whatever it could find is told at once.
                    break;
                case var other when _hosted.AreForwarded && HostedTools.ComeBack(other):
                    Tools.Add(tool.DeepClone());
                    break;
                case var other when _hosted.MaySearch && HostedTools.IsSearch(other) && HostedTools.MayGoOut(tool):
                    Search ??= HostedTools.SearchOptions(tool);
                    break;
                case var other:
                    Dropped.Add(other);
                    break;
            }
        }
    }

    /// <summary>Of tools that are told twice, as one that was found again, the first stays: services refuse two of one name.</summary>
    private void Add(JsonObject function, string name, JsonObject? space)
    {
        var called = ToolName.InChat((string?)space?["name"], (string)function["name"]!);
        if (!_names.Add(called)) return;
        function["name"] = called;
        if (Before(space, name) is { } about) function["description"] = $"{about}\n{ResponseBody.TextOf(function["description"], $"{name}.description")}".TrimEnd();
        Tools.Add((JsonNode)Wrapped(function));
    }

    /// <summary>What a namespace says of all its tools is said once, with its first.</summary>
    private static string? Before(JsonObject? space, string name) =>
        space is not null && name.EndsWith("[0]", StringComparison.Ordinal) && ResponseBody.TextOf(space["description"], $"{name}.description") is { Length: > 0 } about
            ? $"({space["name"]}: {about})" : null;

    private static JsonObject Wrapped(JsonObject function) => new() { ["type"] = "function", ["function"] = function };

    private static JsonObject FunctionOf(JsonObject tool, string name) => With(tool, new JsonObject { ["name"] = ResponseBody.Needed(tool, "name", name) }, "description", "parameters", "strict");

    private static JsonObject SearchOf(JsonObject tool) => With(tool, new JsonObject { ["name"] = ToolName.Search }, "description", "parameters");

    private static JsonObject With(JsonObject tool, JsonObject function, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
        {
            if (tool[field] is { } value) function[field] = value.DeepClone();
        }

        return function;
    }
}
