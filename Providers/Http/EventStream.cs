using System.Buffers.Binary;

namespace OrleansLlm.Providers.Http;

/// <summary>
/// The outside of a message of AWS's event streams: its length, that of its headers and a checksum of both; headers and payload; a checksum of all
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html). Nothing of it is believed before its checksum.
/// </summary>
internal static class EventStream
{
    /// <summary>The two lengths and their checksum.</summary>
    public const int PreludeLength = 12;

    public const int ChecksumLength = 4;

    /// <summary>AWS's own bounds, which its libraries hold.</summary>
    public const int LongestMessage = 24 * 1024 * 1024;

    public const int LongestHeaders = 128 * 1024;

    /// <summary>The whole length of the message that begins here; null: too little of it has come to know.</summary>
    /// <exception cref="UpstreamException">Garbled, or longer than it may be.</exception>
    public static int? LengthAt(ReadOnlySpan<byte> begin, int most)
    {
        if (begin.Length < PreludeLength) return null;
        if (Crc32.Of(begin[..8]) != BinaryPrimitives.ReadUInt32BigEndian(begin[8..])) throw Garbled("with a wrong checksum of its lengths");
        var (length, headers) = (BinaryPrimitives.ReadUInt32BigEndian(begin), BinaryPrimitives.ReadUInt32BigEndian(begin[4..]));
        if (length > Math.Min(LongestMessage, most) || headers > LongestHeaders)
            throw UpstreamException.Of(FailureKind.LineTooLong, $"The upstream sent a message of {length} bytes with {headers} bytes of headers, which is more than there may be.");
        return length < PreludeLength + headers + ChecksumLength ? throw Garbled("that is shorter than its headers") : (int)length;
    }

    /// <exception cref="UpstreamException">Garbled.</exception>
    public static void Check(ReadOnlySpan<byte> message)
    {
        if (Crc32.Of(message[..^ChecksumLength]) != BinaryPrimitives.ReadUInt32BigEndian(message[^ChecksumLength..])) throw Garbled("with a wrong checksum");
    }

    public static UpstreamException Garbled(string how) => UpstreamException.Of(FailureKind.Garbled, $"The upstream sent a message {how}.");
}
