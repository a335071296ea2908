using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>The content of a message item as that of a chat message: a text where it is only text, else parts.</summary>
internal static class ContentParts
{
    private const string Breakpoint = "prompt_cache_breakpoint";

    /// <param name="breakpoints">Whoever is asked knows up to where the client wants its prompt cached: that stands at a part, which then stays one.</param>
    public static JsonNode? ToChat(JsonNode? content, string role, string name, bool breakpoints = false)
    {
        if (content is not JsonArray parts) return ResponseBody.TextOf(content, name) ?? throw ResponseBody.Missing(name);
        var chat = new JsonArray();
        for (var i = 0; i < parts.Count; i++)
        {
            var given = parts[i] as JsonObject ?? throw ResponseBody.Wrong($"{name}[{i}]", "an object", parts[i]);
            if (PartOf(given, $"{name}[{i}]") is not { } part) continue;
            if (breakpoints && given[Breakpoint] is { } mark && ((string)given["type"]!).StartsWith("input_", StringComparison.Ordinal)) part[Breakpoint] = mark.DeepClone();
            chat.Add((JsonNode)part);
        }

        var isText = chat.All(IsText);
        // A client's own texts stay apart; what others have written was one text before it was parts.
        if (!isText || chat.Any(part => part![Breakpoint] is not null) || (role == "user" && chat.Count > 1)) return chat;
        return Joined(chat, role == "assistant" ? "" : "\n");
    }

    /// <summary>The text of a tool's result.</summary>
    /// <param name="others">Is given its parts that are none, such as pictures.</param>
    public static string TextOfResult(JsonNode? output, string name, JsonArray others)
    {
        var content = ToChat(output, "tool", name);
        if (content is not JsonArray parts) return (string)content!;
        foreach (var part in parts.Where(p => !IsText(p)).ToList())
        {
            parts.Remove(part);
            others.Add(part);
        }

        return Joined(parts, "\n");
    }

    /// <summary>Of an assistant's message.</summary>
    public static string? RefusalIn(JsonNode? content) =>
        (content as JsonArray)?.OfType<JsonObject>().Select(p => p["refusal"]).OfType<JsonValue>().Select(r => r.TryGetValue(out string? text) ? text : null).FirstOrDefault(t => t is not null);

    private static bool IsText(JsonNode? part) => (string?)part!["type"] == "text";

    private static string Joined(JsonArray texts, string between) => string.Join(between, texts.Select(t => (string?)t!["text"]));

    private static JsonObject? PartOf(JsonObject part, string name)
    {
        switch (ResponseBody.Needed(part, "type", name))
        {
            case "input_text" or "output_text" or "text" or "summary_text" or "reasoning_text":
                return new JsonObject { ["type"] = "text", ["text"] = ResponseBody.Needed(part, "text", name) };
            case "refusal":
                return null;
            case "input_image" when part["image_url"] is not null:
                var image = new JsonObject { ["url"] = ResponseBody.Needed(part, "image_url", name) };
                if (ResponseBody.TextOf(part["detail"], $"{name}.detail") is { } detail) image["detail"] = detail;
                return new JsonObject { ["type"] = "image_url", ["image_url"] = image };
            case "input_audio" when part["input_audio"] is JsonObject audio:
                return new JsonObject { ["type"] = "input_audio", ["input_audio"] = audio.DeepClone() };
            case "input_file" when part["file_data"] is not null:
                var file = new JsonObject { ["file_data"] = ResponseBody.Needed(part, "file_data", name) };
                if (ResponseBody.TextOf(part["filename"], $"{name}.filename") is { } filename) file["filename"] = filename;
                return new JsonObject { ["type"] = "file", ["file"] = file };
            case "input_image" or "input_file":
                throw ResponseBody.Invalid(name, "this gateway keeps no files: send the data itself, or the image's URL");
            case var other:
                throw ResponseBody.Invalid($"{name}.type", $"'{other}' is not supported");
        }
    }
}
