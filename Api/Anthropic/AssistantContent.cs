using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>
/// An answer of Claude's that comes back. Its thoughts are signed where they stand: in another order, with a text before them that was behind, the
/// service refuses the conversation.
/// </summary>
internal static class AssistantContent
{
    /// <summary>The member of a message in which the blocks go on as they came; no other dialect sends it anywhere.</summary>
    public const string Name = "anthropic_content";

    /// <summary>OpenAI's message says all of it: thoughts, then texts, then calls of the client's tools.</summary>
    public static bool IsPlain(JsonElement content)
    {
        var reached = 0;
        foreach (var block in content.EnumerateArray())
        {
            var place = Json.Text(block, "type", "") switch { "thinking" or "redacted_thinking" => 0, "text" => 1, "tool_use" => 2, _ => -1 };
            if (place < reached || HasMore(block, place)) return false;
            reached = place;
        }

        return true;
    }

    private static bool HasMore(JsonElement block, int place) => place > 0 && block.EnumerateObject().Any(member => member.Value.ValueKind != JsonValueKind.Null
        && member.Name is not ("type" or "text" or "id" or "name" or "input" or "cache_control"));
}
