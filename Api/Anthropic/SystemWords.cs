using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>
/// What the system says in the middle of a conversation (https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages): texts, and which tools
/// there are from then on. Claude Code tells of the tools of its servers so when they have started.
/// </summary>
internal static class SystemWords
{
    /// <summary>The block of a user's message that is what a message of the system's is.</summary>
    public const string Block = "mid_conv_system";

    private const string Addition = "tool_addition";
    private const string Removal = "tool_removal";

    /// <summary>What stands at a message of the system's, and has no word in OpenAI's.</summary>
    private static readonly string[] OwnFields = ["output_config", "clear_at"];

    /// <summary>There is more in it than OpenAI's message says.</summary>
    public static bool HasMore(JsonElement message) => Fields(message).Any()
        || (Json.Any(message, "content") is { ValueKind: JsonValueKind.Array } content
            && content.EnumerateArray().Any(block => block.ValueKind == JsonValueKind.Object && Json.Text(block, "type", "") is Addition or Removal));

    public static IEnumerable<string> Fields(JsonElement message) => OwnFields.Where(name => Json.Any(message, name) is not null);

    /// <summary>All of it as texts, JSON strings, each with the block that it is of. What it says of tools that Anthropic itself calls is said to nobody else.</summary>
    public static List<(byte[] Text, JsonElement Block)> Of(JsonElement content, string where, AnthropicWords known, List<string> dropped)
    {
        var texts = new List<(byte[], JsonElement)>();
        foreach (var (block, type, here) in AnthropicMessages.Blocks(content, where))
        {
            switch (type)
            {
                case "text":
                    texts.Add((AnthropicParts.RawText(block, here).ToArray(), block));
                    break;
                case Addition or Removal when NameOf(Tool(block, here), here) is { } name:
                    texts.Add((type == Addition ? CanBeCalled(name, known) : JsonBuffer.Quote($"The tool {AnthropicTools.NameFor(name, known)} can no longer be called."), block));
                    break;
                case Addition or Removal:
                    if (!dropped.Contains("messages." + type)) dropped.Add("messages." + type);
                    break;
                default:
                    throw Json.Wrong(here + ".type", "text, tool_addition or tool_removal");
            }
        }

        return texts;
    }

    /// <summary>Tools that are defined where they are added, each with its place.</summary>
    public static IEnumerable<(JsonElement Tool, string Where)> ToolsIn(JsonElement body)
    {
        if (Json.Array(body, "messages", "") is not { } messages) yield break;
        var at = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var where = $"messages.{at++}.content";
            if (message.ValueKind != JsonValueKind.Object || Json.Any(message, "content") is not { ValueKind: JsonValueKind.Array } content || !content.EnumerateArray().Any(MayDefine)) continue;
            foreach (var (block, type, here) in AnthropicMessages.Blocks(content, where))
            {
                if (type == Block && Json.Array(block, "content", here + ".") is { } inner)
                {
                    foreach (var (one, kind, place) in AnthropicMessages.Blocks(inner, here + ".content"))
                    {
                        if (Definition(one, kind, place) is { } within) yield return within;
                    }
                }
                else if (Definition(block, type, here) is { } defined)
                {
                    yield return defined;
                }
            }
        }
    }

    /// <summary>Hardly any block does: a long history is not taken apart for it.</summary>
    private static bool MayDefine(JsonElement block) => block.ValueKind == JsonValueKind.Object && block.TryGetProperty("type", out var type)
        && type.ValueKind == JsonValueKind.String && (type.ValueEquals(Addition) || type.ValueEquals(Block));

    /// <summary>To a model that knows all of the request's tools from the beginning.</summary>
    public static byte[] CanBeCalled(string name, AnthropicWords known) => JsonBuffer.Quote($"The tool {AnthropicTools.NameFor(name, known)} can be called now.");

    private static (JsonElement Tool, string Where)? Definition(JsonElement block, string type, string where) =>
        type == Addition && Json.Object(Tool(block, where), "definition", where + ".tool.") is { } definition ? (definition, where + ".tool.definition") : null;

    private static JsonElement Tool(JsonElement block, string where) => Json.Object(block, "tool", where + ".") ?? throw Json.Missing(where + ".tool");

    /// <returns>Null: it is one of a server's that Anthropic asks, or one that it runs.</returns>
    private static string? NameOf(JsonElement tool, string where) => Json.NeededText(tool, "type", where + ".tool.") switch
    {
        "tool_reference" => Json.NeededText(tool, "name", where + ".tool."),
        "tool_definition" when Json.Object(tool, "definition", where + ".tool.") is { } definition && (Json.Text(definition, "type", where + ".tool.definition.") ?? "custom") == "custom" =>
            Json.NeededText(definition, "name", where + ".tool.definition."),
        _ => null,
    };
}
