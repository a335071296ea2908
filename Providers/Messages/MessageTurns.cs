using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// Messages for services where users and assistants take turns: neighbours of one role are one message of blocks, a tool's results are a user's, and what comes after an
/// assistant's calls begins with their results.
/// </summary>
internal static class MessageTurns
{
    /// <param name="blocks">What a message says, and whether it is the last. Nothing: it is left out.</param>
    /// <param name="apart">Writes a message that is none of users and assistants; null: it is said in blocks.</param>
    public static void Write(
        Utf8JsonWriter json, IEnumerable<(JsonElement Message, string Role, string Where)> messages, Func<(JsonElement Message, string Role, string Where), bool, List<Action<Utf8JsonWriter>>> blocks,
        Func<(JsonElement Message, string Role, string Where), Action<Utf8JsonWriter>?>? apart = null)
    {
        var turns = ResultsFirst(messages);
        json.WriteStartArray("messages");
        string? open = null;
        for (var at = 0; at < turns.Count; at++)
        {
            if (apart?.Invoke(turns[at]) is { } alone)
            {
                if (open is not null) Close(json);
                open = null;
                alone(json);
                continue;
            }

            var said = blocks(turns[at], at == turns.Count - 1);
            if (said.Count == 0) continue;
            var speaker = turns[at].Role == "assistant" ? "assistant" : "user";
            if (speaker != open)
            {
                if (open is not null) Close(json);
                json.WriteStartObject();
                json.WriteString("role", speaker);
                json.WriteStartArray("content");
                open = speaker;
            }

            foreach (var block in said) block(json);
        }

        if (open is not null) Close(json);
        json.WriteEndArray();
    }

    private static List<(JsonElement Message, string Role, string Where)> ResultsFirst(IEnumerable<(JsonElement Message, string Role, string Where)> turns)
    {
        var ordered = new List<(JsonElement Message, string Role, string Where)>();
        var others = new List<(JsonElement Message, string Role, string Where)>();
        foreach (var turn in turns)
        {
            // What else comes waits for the next answer: until then there may be results.
            if (turn.Role == "tool") ordered.Add(turn);
            else others.Add(turn);
            if (turn.Role == "assistant") AddOthers();
        }

        AddOthers();
        return ordered;

        void AddOthers()
        {
            ordered.AddRange(others);
            others.Clear();
        }
    }

    private static void Close(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
