using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>Items as the messages of a chat request. What a model said and the calls it made in one breath become one message, as chat templates need it.</summary>
internal sealed class InputItems(string name, IReadOnlyDictionary<string, JsonObject> references, bool breakpoints)
{
    private readonly List<JsonObject> _messages = [];
    private readonly List<JsonNode> _thoughts = [];
    private JsonArray _shown = [];

    /// <param name="name">What the client calls the list.</param>
    /// <param name="references">The items that <c>item_reference</c>s stand for.</param>
    /// <param name="breakpoints">Whoever is asked knows up to where the client wants its prompt cached.</param>
    public static List<JsonObject> ToMessages(JsonArray items, string name, IReadOnlyDictionary<string, JsonObject> references, bool breakpoints = false)
    {
        var all = new InputItems(name, references, breakpoints);
        for (var i = 0; i < items.Count; i++) all.Add(items[i] as JsonObject ?? throw ResponseBody.Wrong($"{name}[{i}]", "an object", items[i]), i);
        all.SayWhatToolsShow();
        return all._messages;
    }

    /// <summary>The ids of the items that are only referred to.</summary>
    public static IEnumerable<string> ReferencesIn(JsonArray items) =>
        items.OfType<JsonObject>().Where(i => IsOf(i, "item_reference")).Select(i => ResponseBody.TextOf(i["id"], "input.id")).OfType<string>();

    /// <summary>An item that is no message, but tells the model of further tools.</summary>
    public static bool BringsTools(JsonObject item) => IsOf(item, "additional_tools") || IsOf(item, "tool_search_output");

    /// <summary>A search for tools that the client runs, not a service.</summary>
    public static bool IsClients(JsonObject search) => Says(search, "execution", "client");

    public static bool IsOf(JsonObject item, string type) => Says(item, "type", type);

    private static bool Says(JsonObject item, string member, string text) => item[member] is JsonValue value && value.TryGetValue(out string? said) && said == text;

    private void Add(JsonObject item, int index)
    {
        var path = $"{name}[{index}]";
        switch (ResponseBody.TextOf(item["type"], $"{path}.type") ?? "message")
        {
            case "message":
                AddMessage(item, path);
                break;
            case "function_call":
                AddCall(item, NameOf(item, path), ResponseBody.Needed(item, "arguments", path), path);
                break;
            case "custom_tool_call":
                AddCall(item, NameOf(item, path), CustomTools.ToArguments(ResponseBody.Needed(item, "input", path)), path);
                break;
            case "function_call_output" or "custom_tool_call_output":
                if (item["output"] is null) throw ResponseBody.Missing($"{path}.output");
                AddResult(item, ContentParts.TextOfResult(item["output"], $"{path}.output", _shown), path);
                break;
            case "tool_search_call" when IsClients(item):
                AddCall(item, ToolName.Search, item["arguments"] is JsonObject arguments ? CustomTools.Json(arguments) : ResponseBody.Needed(item, "arguments", path), path);
                break;
            case "tool_search_output" when IsClients(item):
                AddResult(item, FoundBy(item, path), path);
                break;
            case "compaction" or "compaction_summary" when Compaction.Message(ResponseBody.Needed(item, "encrypted_content", path)) is { } summary:
                SayWhatToolsShow();
                _messages.Add(summary);
                break;
            case "reasoning":
                _thoughts.AddRange(SignedThoughts.In(item));
                break;
            case "item_reference":
                var id = ResponseBody.Needed(item, "id", path);
                if (!references.TryGetValue(id, out var found)) throw ResponseBody.Invalid($"{path}.id", $"item with id '{id}' not found");
                Add(found, index);
                break;
            default:
                // A call of a tool that somebody else runs: nothing that another model could read.
                break;
        }
    }

    private void AddMessage(JsonObject item, string path)
    {
        SayWhatToolsShow();
        var role = ResponseBody.Needed(item, "role", path);
        if (role is not ("user" or "assistant" or "system" or "developer")) throw ResponseBody.Invalid($"{path}.role", "expected 'user', 'assistant', 'system' or 'developer'");
        var message = new JsonObject { ["role"] = role, ["content"] = ContentParts.ToChat(item["content"], role, $"{path}.content", breakpoints) };
        if (role == "assistant" && ContentParts.RefusalIn(item["content"]) is { } refusal) message["refusal"] = refusal;
        _messages.Add(message);
        TellThoughts(message);
    }

    private static string NameOf(JsonObject call, string path) =>
        ToolName.InChat(ResponseBody.TextOf(call["namespace"], $"{path}.namespace"), ResponseBody.Needed(call, "name", path));

    private void AddCall(JsonObject item, string name, string arguments, string path)
    {
        SayWhatToolsShow();
        var call = new JsonObject
        {
            ["id"] = ResponseBody.Needed(item, "call_id", path),
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = name, ["arguments"] = arguments },
        };
        if (_messages.Count == 0 || (string?)_messages[^1]["role"] != "assistant") _messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = null });
        if (_messages[^1]["tool_calls"] is not JsonArray calls) _messages[^1]["tool_calls"] = calls = [];
        calls.Add((JsonNode)call);
        TellThoughts(_messages[^1]);
    }

    /// <summary>They are of what follows them, if that is the model's.</summary>
    private void TellThoughts(JsonObject message)
    {
        if ((string?)message["role"] == "assistant" && _thoughts.Count > 0)
        {
            if (message[SignedThoughts.Field] is not JsonArray blocks) message[SignedThoughts.Field] = blocks = [];
            foreach (var thought in _thoughts) blocks.Add(thought);
        }

        _thoughts.Clear();
    }

    private void AddResult(JsonObject item, string content, string path)
    {
        _messages.Add(new JsonObject
        {
            ["role"] = "tool",
            ["tool_call_id"] = ResponseBody.Needed(item, "call_id", path),
            ["content"] = content,
        });
    }

    /// <summary>The tools themselves are told with all others; the model learns here which of them it has found.</summary>
    private static string FoundBy(JsonObject item, string path)
    {
        var tools = item["tools"] as JsonArray ?? throw ResponseBody.Wrong($"{path}.tools", "an array", item["tools"]);
        return CustomTools.Json(new JsonObject { ["tools"] = new JsonArray([.. NamesIn(tools, null).Select(n => (JsonNode)n)]) });
    }

    /// <summary>What has none is refused where the tools are told.</summary>
    private static IEnumerable<string> NamesIn(JsonArray tools, string? space) => tools.OfType<JsonObject>().SelectMany(tool =>
        tool["name"] is not JsonValue value || !value.TryGetValue(out string? name) ? []
        : IsOf(tool, "namespace") && tool["tools"] is JsonArray inner ? NamesIn(inner, name)
        : [ToolName.InChat(space, name)]);

    /// <summary>A tool's message can only have text: its pictures are a user's, after all results of the turn, which have to stay together.</summary>
    private void SayWhatToolsShow()
    {
        if (_shown.Count == 0) return;
        _messages.Add(new JsonObject { ["role"] = "user", ["content"] = _shown });
        _shown = [];
    }
}
