using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansLlm.Simulator;

/// <summary>Writes messages of AWS's event stream; see its description in the API reference of Amazon Transcribe, "Event stream encoding".</summary>
public static class EventStreamWriter
{
    private const byte TextHeader = 7;

    /// <summary>An event, as a service sends it.</summary>
    public static byte[] Event(string name, ReadOnlySpan<byte> payload) => Message(payload, (":event-type", name), (":content-type", "application/json"), (":message-type", "event"));

    /// <summary>An exception in the middle of a stream.</summary>
    public static byte[] Exception(string name, ReadOnlySpan<byte> payload) =>
        Message(payload, (":exception-type", name), (":content-type", "application/json"), (":message-type", "exception"));

    public static byte[] Message(ReadOnlySpan<byte> payload, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var written = new ArrayBufferWriter<byte>();
        foreach (var (name, value) in headers)
        {
            var (key, text) = (Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
            written.Write([(byte)key.Length, .. key, TextHeader, (byte)(text.Length >> 8), (byte)text.Length, .. text]);
        }

        var message = new byte[12 + written.WrittenCount + payload.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), written.WrittenCount);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), Checksum(message.AsSpan(0, 8)));
        written.WrittenSpan.CopyTo(message.AsSpan(12));
        payload.CopyTo(message.AsSpan(12 + written.WrittenCount));
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(message.Length - 4), Checksum(message.AsSpan(0, message.Length - 4)));
        return message;
    }

    /// <summary>A stream that is written down: on each line the name of an event and its payload; an exception has a <c>!</c> before it.</summary>
    public static byte[] Lines(string text)
    {
        var stream = new ArrayBufferWriter<byte>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (name, payload) = (line.Split(' ')[0], Encoding.UTF8.GetBytes(line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
            stream.Write(name.StartsWith('!') ? Exception(name[1..], payload) : Event(name, payload));
        }

        return stream.WrittenSpan.ToArray();
    }

    /// <summary>CRC-32, bit by bit.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB8_8320 & (0 - (crc & 1)));
        }

        return ~crc;
    }
}
