using System.Buffers.Binary;
using System.Text;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>The inside of a message of AWS's event stream, as far as it matters: what kind of message it is, its name, and the payload.</summary>
internal readonly ref struct EventStreamMessage
{
    /// <summary><c>:message-type</c>: <c>event</c>, <c>exception</c> or <c>error</c>.</summary>
    public string Kind { get; private init; }

    /// <summary><c>:event-type</c>, <c>:exception-type</c> or <c>:error-code</c>.</summary>
    public string Name { get; private init; }

    /// <summary><c>:error-message</c>; null: what there is to say is in the payload.</summary>
    public string? Words { get; private init; }

    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <param name="frame">A whole message, of which the checksums are right.</param>
    /// <exception cref="UpstreamException">Garbled.</exception>
    public static EventStreamMessage Read(ReadOnlySpan<byte> frame)
    {
        var length = (int)BinaryPrimitives.ReadUInt32BigEndian(frame[4..]);
        var headers = frame.Slice(EventStream.PreludeLength, length);
        string kind = "", name = "";
        string? words = null;
        while (!headers.IsEmpty)
        {
            var key = Take(ref headers, Take(ref headers, 1)[0]);
            var value = TakeValue(ref headers);
            if (key.SequenceEqual(":message-type"u8)) kind = Encoding.UTF8.GetString(value);
            else if (key.SequenceEqual(":event-type"u8) || key.SequenceEqual(":exception-type"u8) || key.SequenceEqual(":error-code"u8)) name = Encoding.UTF8.GetString(value);
            else if (key.SequenceEqual(":error-message"u8)) words = Encoding.UTF8.GetString(value);
        }

        return new EventStreamMessage { Kind = kind, Name = name, Words = words, Payload = frame[(EventStream.PreludeLength + length)..^EventStream.ChecksumLength] };
    }

    /// <summary>The value of a header, of which the first byte says the type.</summary>
    private static ReadOnlySpan<byte> TakeValue(ref ReadOnlySpan<byte> headers) => Take(ref headers, 1)[0] switch
    {
        // true and false
        0 or 1 => default,
        2 => Take(ref headers, 1),
        3 => Take(ref headers, 2),
        4 => Take(ref headers, 4),
        // a number or a time
        5 or 8 => Take(ref headers, 8),
        // bytes or a text
        6 or 7 => Take(ref headers, BinaryPrimitives.ReadUInt16BigEndian(Take(ref headers, 2))),
        // a UUID
        9 => Take(ref headers, 16),
        _ => throw EventStream.Garbled("with a header of no known type"),
    };

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> from, int bytes)
    {
        if (bytes > from.Length) throw EventStream.Garbled("with a header that is cut off");
        var taken = from[..bytes];
        from = from[bytes..];
        return taken;
    }
}
