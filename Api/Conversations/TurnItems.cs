using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansLlm.Conversations;

namespace OrleansLlm.Api.Conversations;

/// <summary>One item of a stored turn.</summary>
/// <param name="Json">As clients read it, <c>id</c> included.</param>
/// <param name="IsAnswer">The model said it.</param>
/// <param name="Message">The place of its message among the turn's asked ones, or in its answer.</param>
/// <param name="Call">Which of the message's calls it is; null: its content.</param>
internal sealed record TurnItem(string Id, JsonObject Json, bool IsAnswer, int Message, int? Call);

/// <summary>A stored turn as items. An id follows from what the item says, so that it stays when others go.</summary>
internal static class TurnItems
{
    public static List<TurnItem> Of(ConversationTurn turn)
    {
        List<TurnItem> items = [];
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (messages, isAnswer) in new[] { (turn.Asked, false), (turn.Answer, true) })
        {
            var list = MessagesOf(messages);
            for (var i = 0; i < list.Count; i++)
            {
                foreach (var (prefix, call, json) in MessageItems.Of((JsonObject)list[i]!))
                {
                    var text = json.ToJsonString();
                    var again = seen[text] = seen.GetValueOrDefault(text) + 1;
                    var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{turn.Id}\n{again}\n{text}"));
                    var id = $"{prefix}_{Convert.ToHexStringLower(hash.AsSpan(0, 16))}";
                    json.Insert(0, "id", id);
                    items.Add(new TurnItem(id, json, isAnswer, i, call));
                }
            }
        }

        return items;
    }

    /// <returns>The turn without the item.</returns>
    public static ConversationTurn Without(ConversationTurn turn, TurnItem item)
    {
        var list = MessagesOf(item.IsAnswer ? turn.Answer : turn.Asked);
        var message = (JsonObject)list[item.Message]!;
        if (item.Call is { } call)
        {
            var calls = message["tool_calls"]!.AsArray();
            calls.RemoveAt(call);
            if (calls.Count == 0) message.Remove("tool_calls");
        }
        else
        {
            message["content"] = null;
            message.Remove("refusal");
        }

        if (MessageItems.Of(message).Count == 0) list.RemoveAt(item.Message);
        ReadOnlyMemory<byte> rest = Encoding.UTF8.GetBytes(string.Join(',', list.Select(m => m!.ToJsonString())));
        return item.IsAnswer ? turn with { Answer = rest } : turn with { Asked = rest };
    }

    private static JsonArray MessagesOf(ReadOnlyMemory<byte> messages) => JsonNode.Parse((byte[])[.. "["u8, .. messages.Span, .. "]"u8])!.AsArray();
}
