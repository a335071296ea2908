using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Conversations;

/// <summary>A chat message as items: its content, its calls, or the result of a call. The reverse of how input items become messages.</summary>
internal static class MessageItems
{
    /// <returns>The prefix of each item's id, which of the message's calls it is, and the item without its id.</returns>
    public static List<(string Prefix, int? Call, JsonObject Item)> Of(JsonObject message)
    {
        var role = (string?)message["role"] ?? "user";
        if (role is "tool" or "function") return message["content"] is null ? [] : [("fco", null, ResultOf(message))];
        List<(string, int?, JsonObject)> items = [];
        var content = ContentOf(message, role);
        if (content.Count > 0) items.Add(("msg", null, new JsonObject { ["type"] = "message", ["status"] = "completed", ["role"] = role, ["content"] = content }));
        var calls = message["tool_calls"] as JsonArray ?? [];
        for (var i = 0; i < calls.Count; i++) items.Add(("fc", i, CallOf(calls[i]!)));
        return items;
    }

    private static JsonObject ResultOf(JsonObject message) => new()
    {
        ["type"] = "function_call_output",
        ["status"] = "completed",
        ["call_id"] = (string?)message["tool_call_id"] ?? "",
        ["output"] = message["content"] is JsonArray parts ? PartsOf(parts, "input_text") : message["content"]!.DeepClone(),
    };

    private static JsonObject CallOf(JsonNode call) => new()
    {
        ["type"] = "function_call",
        ["status"] = "completed",
        ["call_id"] = call["id"]?.DeepClone() ?? "",
        ["name"] = call["function"]?["name"]?.DeepClone() ?? "",
        ["arguments"] = call["function"]?["arguments"]?.DeepClone() ?? "",
    };

    private static JsonArray ContentOf(JsonObject message, string role)
    {
        var type = role == "assistant" ? "output_text" : "input_text";
        var content = message["content"] switch
        {
            JsonArray parts => PartsOf(parts, type),
            JsonValue text when text.TryGetValue(out string? words) && (words.Length > 0 || role != "assistant") => new JsonArray(TextOf(words, type)),
            _ => [],
        };
        if (message["refusal"] is { } refusal) content.Add((JsonNode)new JsonObject { ["type"] = "refusal", ["refusal"] = refusal.DeepClone() });
        return content;
    }

    private static JsonArray PartsOf(JsonArray parts, string textType) => new([.. parts.OfType<JsonObject>().Select(p => PartOf(p, textType))]);

    private static JsonObject PartOf(JsonObject part, string textType) => (string?)part["type"] switch
    {
        "text" => TextOf((string?)part["text"] ?? "", textType),
        "image_url" => new JsonObject
        {
            ["type"] = "input_image",
            ["image_url"] = part["image_url"]?["url"]?.DeepClone(),
            ["detail"] = part["image_url"]?["detail"]?.DeepClone() ?? "auto",
        },
        "file" => new JsonObject { ["type"] = "input_file", ["file_data"] = part["file"]?["file_data"]?.DeepClone(), ["filename"] = part["file"]?["filename"]?.DeepClone() },
        _ => (JsonObject)part.DeepClone(),
    };

    private static JsonObject TextOf(string text, string type)
    {
        var part = new JsonObject { ["type"] = type, ["text"] = text };
        if (type != "output_text") return part;
        part["annotations"] = new JsonArray();
        part["logprobs"] = new JsonArray();
        return part;
    }
}
