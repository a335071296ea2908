using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>The request's tools as a chat request has them. Tools that a service of OpenAI's would run are left out, and told.</summary>
internal sealed class ToolList
{
    private ToolList()
    {
    }

    public JsonArray Functions { get; } = [];

    /// <summary>Types of the tools that were left out, each once.</summary>
    public SortedSet<string> Dropped { get; } = new(StringComparer.Ordinal);

    public static ToolList Of(ResponseBody body)
    {
        var list = new ToolList();
        var tools = body.Array("tools");
        for (var i = 0; i < tools?.Count; i++)
        {
            var name = $"tools[{i}]";
            var tool = tools[i] as JsonObject ?? throw ResponseBody.Wrong(name, "an object", tools[i]);
            switch (ResponseBody.Needed(tool, "type", name))
            {
                case "function":
                    list.Functions.Add((JsonNode)Wrapped(FunctionOf(tool, name)));
                    break;
                case "custom":
                    list.Functions.Add((JsonNode)Wrapped(CustomTools.ToFunction(tool, name)));
                    break;
                case var other:
                    list.Dropped.Add(other);
                    break;
            }
        }

        return list;
    }

    /// <summary>Null: the model's choice.</summary>
    public static JsonNode? Choice(ResponseBody body)
    {
        const string name = "tool_choice";
        if (body.Json[name] is not JsonObject choice) return body.Text(name);
        switch (ResponseBody.Needed(choice, "type", name))
        {
            case "function" or "custom":
                return Wrapped(new JsonObject { ["name"] = ResponseBody.Needed(choice, "name", name) });
            case "allowed_tools":
                return ResponseBody.TextOf(choice["mode"], $"{name}.mode");
            default:
                // One of those that were left out.
                return null;
        }
    }

    private static JsonObject Wrapped(JsonObject function) => new() { ["type"] = "function", ["function"] = function };

    private static JsonObject FunctionOf(JsonObject tool, string name)
    {
        var function = new JsonObject { ["name"] = ResponseBody.Needed(tool, "name", name) };
        foreach (var field in (ReadOnlySpan<string>)["description", "parameters", "strict"])
        {
            if (tool[field] is { } value) function[field] = value.DeepClone();
        }

        return function;
    }
}
