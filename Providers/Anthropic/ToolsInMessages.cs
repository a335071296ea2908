using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>
/// Tools that a client of Anthropic's defines in the middle of the conversation
/// (https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages): they go where they stand, and a request needs no others.
/// </summary>
internal static class ToolsInMessages
{
    public static bool AnyIn(JsonElement body) => Items(body, "messages").Any(Defines);

    private static bool Defines(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object) return false;
        if (message.TryGetProperty(ChatMessage.OwnContent, out var own) && own.ValueKind == JsonValueKind.Object) return Adds(own);
        return Items(message, "content").Any(block => ChatMessage.Type(block) == "mid_conv_system" && Adds(block));
    }

    private static bool Adds(JsonElement words) => Items(words, "content")
        .Any(block => ChatMessage.Type(block) == "tool_addition" && block.TryGetProperty("tool", out var tool) && ChatMessage.Type(tool) == "tool_definition");

    private static IEnumerable<JsonElement> Items(JsonElement holder, string list) =>
        holder.TryGetProperty(list, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : [];
}
