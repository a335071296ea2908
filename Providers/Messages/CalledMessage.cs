using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>A message of a history that calls tools: where it begins, behind its brace, and what it says of thoughts.</summary>
internal readonly record struct CalledMessage(int At, bool HasThoughts, List<(int At, string Id, bool HasSignature)> Calls)
{
    /// <summary>All of a request, or none of one that cannot be read: that is said where it is translated.</summary>
    public static List<CalledMessage> AllOf(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("\"tool_calls\""u8) < 0) return [];
        try
        {
            return Read(body);
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static List<CalledMessage> Read(ReadOnlySpan<byte> body)
    {
        var found = new List<CalledMessage>();
        var json = new Utf8JsonReader(body, NestedJson.Reader);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return found;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isMessages = json.ValueTextEquals("messages"u8);
            json.Read();
            if (!isMessages || json.TokenType != JsonTokenType.StartArray)
            {
                json.Skip();
                continue;
            }

            // Of a name that comes twice the last counts.
            found.Clear();
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (json.TokenType != JsonTokenType.StartObject) json.Skip();
                else if (Message(ref json) is { Calls.Count: > 0 } message) found.Add(message);
            }
        }

        return found;
    }

    private static CalledMessage Message(ref Utf8JsonReader json)
    {
        var (at, hasThoughts, calls) = ((int)json.TokenStartIndex + 1, false, new List<(int, string, bool)>());
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isThoughts = json.ValueTextEquals("thinking_blocks"u8) || json.ValueTextEquals(ChatMessage.OwnContent);
            var isCalls = json.ValueTextEquals("tool_calls"u8);
            json.Read();
            hasThoughts |= isThoughts;
            if (!isCalls || json.TokenType != JsonTokenType.StartArray)
            {
                json.Skip();
                continue;
            }

            calls.Clear();
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (json.TokenType != JsonTokenType.StartObject) json.Skip();
                else if (Call(ref json) is { Id: { } id } call) calls.Add((call.At, id, call.HasSignature));
            }
        }

        return new CalledMessage(at, hasThoughts, calls);
    }

    private static (int At, string? Id, bool HasSignature) Call(ref Utf8JsonReader json)
    {
        var (at, id, hasSignature) = ((int)json.TokenStartIndex + 1, (string?)null, false);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isId = json.ValueTextEquals("id"u8);
            hasSignature |= json.ValueTextEquals("extra_content"u8) || json.ValueTextEquals("provider_specific_fields"u8);
            json.Read();
            if (isId && json.TokenType == JsonTokenType.String) id = json.GetString();
            json.Skip();
        }

        return (at, id, hasSignature);
    }
}
