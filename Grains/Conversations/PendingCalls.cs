using System.Text.Json;
using OrleansLlm.Conversations;

namespace OrleansLlm.Grains.Conversations;

/// <summary>The calls that a turn has ended in. Models want their results next, whatever else is said.</summary>
internal static class PendingCalls
{
    /// <summary>The messages in their order, but for the results of these calls: those come first.</summary>
    public static List<Message> ResultsFirst(List<Message> asked, ConversationTurn before)
    {
        if (!asked.Exists(m => m.IsToolResult)) return asked;
        var calls = IdsIn(before);
        bool IsResult(Message m) => m.IsToolResult && calls.Contains(TextOf(m, "tool_call_id") ?? "");
        return [.. asked.Where(IsResult), .. asked.Where(m => !IsResult(m))];
    }

    private static HashSet<string> IdsIn(ConversationTurn turn)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        if (MessageList.OfStored(MessageList.Join(turn.Asked, turn.Answer)).LastOrDefault(m => m.IsAssistant) is not { Json.IsEmpty: false } last) return ids;
        using var json = JsonDocument.Parse(last.Json);
        if (!json.RootElement.TryGetProperty("tool_calls", out var calls) || calls.ValueKind != JsonValueKind.Array) return ids;
        foreach (var call in calls.EnumerateArray())
        {
            if (call.ValueKind == JsonValueKind.Object && call.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String) ids.Add(id.GetString()!);
        }

        return ids;
    }

    private static string? TextOf(Message message, string name)
    {
        using var json = JsonDocument.Parse(message.Json);
        return json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}
