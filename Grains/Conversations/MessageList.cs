using System.Text.Json;

namespace OrleansLlm.Grains.Conversations;

/// <summary>Where the messages of a request's body stand, so that others can be put among them without parsing the rest of it.</summary>
internal sealed class MessageList
{
    private readonly ReadOnlyMemory<byte> _body;
    private readonly int _start;
    private readonly int _end;

    private MessageList(ReadOnlyMemory<byte> body, int start, int end, IReadOnlyList<Message> messages) =>
        (_body, _start, _end, Messages) = (body, start, end, messages);

    public IReadOnlyList<Message> Messages { get; }

    public ReadOnlyMemory<byte> Body => _body;

    /// <param name="body">An object with an array of messages, as Api has checked. Of a field that is written twice the last one counts.</param>
    public static MessageList Of(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span);
        var (start, end) = (0, 0);
        List<Message> messages = [];
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMessages = reader.ValueTextEquals("messages"u8);
            reader.Read();
            if (!isMessages)
            {
                reader.Skip();
                continue;
            }

            messages = [];
            start = (int)reader.BytesConsumed;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) messages.Add(ReadMessage(ref reader, body));
            end = (int)reader.TokenStartIndex;
        }

        return new MessageList(body, start, end, messages);
    }

    /// <summary>The messages of a stored text: JSON objects with a comma between them.</summary>
    public static IReadOnlyList<Message> OfStored(ReadOnlyMemory<byte> messages)
    {
        byte[] body = [.. "{\"messages\":["u8, .. messages.Span, .. "]}"u8];
        return Of(body).Messages;
    }

    /// <summary>As they are stored.</summary>
    public static byte[] Join(params IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        using var joined = new MemoryStream();
        foreach (var part in parts.Where(p => !p.IsEmpty))
        {
            if (joined.Length > 0) joined.WriteByte((byte)',');
            joined.Write(part.Span);
        }

        return joined.ToArray();
    }

    /// <summary>The body with other messages in the place of its own.</summary>
    public ReadOnlyMemory<byte> With(ReadOnlyMemory<byte> messages)
    {
        var body = new byte[_start + messages.Length + _body.Length - _end];
        _body[.._start].CopyTo(body);
        messages.CopyTo(body.AsMemory(_start));
        _body[_end..].CopyTo(body.AsMemory(_start + messages.Length));
        return body;
    }

    private static Message ReadMessage(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        var start = (int)reader.TokenStartIndex;
        var role = "";
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = reader.ValueTextEquals("role"u8);
            reader.Read();
            if (isRole && reader.TokenType == JsonTokenType.String) role = reader.GetString()!;
            else reader.Skip();
        }

        return new Message(role, body[start..(int)reader.BytesConsumed]);
    }
}

/// <summary>One message of a conversation as it was written.</summary>
internal readonly record struct Message(string Role, ReadOnlyMemory<byte> Json)
{
    public bool IsSystem => Role is "system" or "developer";

    public bool IsAssistant => Role == "assistant";

    public bool IsToolResult => Role is "tool" or "function";
}
