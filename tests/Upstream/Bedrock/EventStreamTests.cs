using System.Buffers.Binary;
using System.Text;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Bedrock;
using OrleansLlm.Providers.Http;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Bedrock;

/// <summary>The reader of AWS's binary streams: the examples of its own libraries, and whatever else may arrive.</summary>
public sealed class EventStreamTests
{
    private static readonly byte[] Json = Convert.FromHexString("0000003D0000002007FD83960C636F6E74656E742D747970650700106170706C69636174696F6E2F6A736F6E7B27666F6F273A27626172277D8D9C08B1");
    private static readonly byte[] AllTypes = Convert.FromHexString(
        "000000620000005203B5CB9C0130000131010132020201330300030134040000000401350500000000000000050136060005627974657301370700047574663801380800000000000000080139093031323334353637383961626364656663353671");

    [Theory]
    [InlineData("000000100000000005C248EB7D98C8FF", "")]
    [InlineData("0000001D00000000FD528C5A7B27666F6F273A27626172277DC3653936", "{'foo':'bar'}")]
    [InlineData("0000001E0000000E5D4ADB8D046C6F6E6705FFFFFFFFFFFFFFFF4BC232DA", "")]
    public void AwssExamples_AreRead(string message, string payload) => Assert.Equal(payload, Assert.Single(Read(Convert.FromHexString(message), () => 3)).Payload);

    [Fact]
    public void HeadersOfEveryType_ArePassedOver()
    {
        Assert.Equal(("", "", "{'foo':'bar'}"), Assert.Single(Read(Json, () => 1)));
        Assert.Equal(("", "", ""), Assert.Single(Read(AllTypes, () => 1)));
    }

    [Fact]
    public void AnErrorOfAwssExamples_HasItsName()
    {
        byte[] error = [.. Convert.FromHexString("0000005200000042BF23637E0D"), .. ":message-type"u8, 7, 0, 5, .. "error"u8, 11, .. ":error-code"u8, 7, 0, 4, .. "code"u8, 14, .. ":error-message"u8, 7, 0, 7, .. "message"u8, .. Convert.FromHexString("6B6CEA3D")];
        Assert.Equal(("error", "code", ""), Assert.Single(Read(error, () => 5)));
        Assert.Equal("message", EventStreamMessage.Read(error).Words);
    }

    [Fact]
    public void Messages_AreTheSameHoweverTheBodyIsCut() => Property.ForAllSeeds(seed =>
    {
        var random = new Random(seed);
        var body = new List<byte>();
        var sent = new List<(string, string, string)>();
        for (var at = random.Next(1, 12); at > 0; at--)
        {
            var payload = new string('é', random.Next(random.Next(4) == 0 ? 20_000 : 100));
            sent.Add(("event", "e" + at, payload));
            body.AddRange(EventStreamWriter.Event("e" + at, Encoding.UTF8.GetBytes(payload)));
        }

        return Read([.. body], () => random.Next(1, 2000)).SequenceEqual(sent) && Read([.. body], () => 1_000_000).SequenceEqual(sent) && (body.Count > 4000 || Read([.. body], () => 1).SequenceEqual(sent));
    });

    /// <summary>Every bit counts: what has been changed on the way is never taken for what was sent.</summary>
    [Fact]
    public void AChangedBit_IsNoticed()
    {
        var message = EventStreamWriter.Event("messageStop", """{"stopReason":"end_turn"}"""u8);
        for (var bit = 0; bit < message.Length * 8; bit++)
        {
            var changed = message.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(FailureKind.Garbled, Assert.Throws<UpstreamException>(() => Read(changed, () => 64)).Failure.Kind);
        }
    }

    [Fact]
    public void ACutMessage_IsTruncated()
    {
        var message = EventStreamWriter.Event("messageStop", """{"stopReason":"end_turn"}"""u8);
        for (var length = 1; length < message.Length; length++)
            Assert.Equal(FailureKind.Truncated, Assert.Throws<UpstreamException>(() => Read(message[..length], () => 7)).Failure.Kind);
    }

    /// <summary>With checksums that are right: whoever sends it means it, and may not have so much memory.</summary>
    [Theory]
    [InlineData(0xFFFF_FFFFu, 0u, FailureKind.LineTooLong)]
    [InlineData((24u * 1024 * 1024) + 1, 0u, FailureKind.LineTooLong)]
    [InlineData(24u * 1024 * 1024, (128u * 1024) + 1, FailureKind.LineTooLong)]
    [InlineData(100u, 0xFFFF_FFF0u, FailureKind.LineTooLong)]
    [InlineData(100u, 85u, FailureKind.Garbled)]
    [InlineData(15u, 0u, FailureKind.Garbled)]
    [InlineData(0u, 0u, FailureKind.Garbled)]
    public void LengthsThatCannotBe_AreRefusedBeforeAnythingIsKept(uint length, uint headers, FailureKind expected) =>
        Assert.Equal(expected, Assert.Throws<UpstreamException>(() => Read(Prelude(length, headers), () => 64)).Failure.Kind);

    [Fact]
    public async Task AFrame_HasTheBoundOfItsReader()
    {
        using var reader = new FrameReader(Framing.Messages, maxFrame: 100);
        var stream = new MemoryStream(EventStreamWriter.Event("e", new byte[200]));
        reader.Filled(await reader.FillAsync(stream, TestContext.Current.CancellationToken));
        Assert.Equal(FailureKind.LineTooLong, Assert.Throws<UpstreamException>(() => reader.TryRead(out _)).Failure.Kind);
    }

    /// <summary>Whatever bytes stand where headers should be: they are read, or refused, and nothing else.</summary>
    [Fact]
    public void AnyHeaders_AreReadOrGarbled() => Property.ForAllSeeds(seed =>
    {
        var random = new Random(seed);
        var headers = new byte[random.Next(1, 60)];
        random.NextBytes(headers);
        if (random.Next(2) == 0) headers[0] = (byte)random.Next(0, 4);
        var message = new byte[16 + headers.Length];
        Prelude((uint)message.Length, (uint)headers.Length).CopyTo(message, 0);
        headers.CopyTo(message, 12);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(message.Length - 4), EventStreamWriter.Checksum(message.AsSpan(0, message.Length - 4)));
        try
        {
            return Read(message, () => random.Next(1, 20)).Count == 1;
        }
        catch (UpstreamException garbled)
        {
            return garbled.Failure.Kind == FailureKind.Garbled;
        }
    });

    /// <summary>Any bytes at all: an answer that cannot be read is a failure of the service, and no fault of ours.</summary>
    [Fact]
    public void AnyBytes_AreAFailureOfTheService() => Property.ForAllSeeds(seed =>
    {
        var random = new Random(seed);
        var body = new byte[random.Next(1, 300)];
        random.NextBytes(body);
        return Assert.Throws<UpstreamException>(() => Read(body, () => random.Next(1, 50))).Failure.Kind is FailureKind.Garbled or FailureKind.Truncated or FailureKind.LineTooLong;
    });

    private static byte[] Prelude(uint length, uint headers)
    {
        var prelude = new byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(prelude, length);
        BinaryPrimitives.WriteUInt32BigEndian(prelude.AsSpan(4), headers);
        BinaryPrimitives.WriteUInt32BigEndian(prelude.AsSpan(8), EventStreamWriter.Checksum(prelude.AsSpan(0, 8)));
        return prelude;
    }

    private static List<(string Kind, string Name, string Payload)> Read(byte[] body, Func<int> nextPiece)
    {
        using var reader = new FrameReader(Framing.Messages);
        var (messages, at) = (new List<(string, string, string)>(), 0);
        while (true)
        {
            while (reader.TryRead(out var frame))
            {
                var message = EventStreamMessage.Read(frame);
                messages.Add((message.Kind, message.Name, Encoding.UTF8.GetString(message.Payload)));
            }

            if (reader.Ended) return messages;
            using var piece = new MemoryStream(body, at, Math.Min(nextPiece(), body.Length - at));
            // The stream never suspends, and the buffer may be smaller than the piece.
            var read = reader.FillAsync(piece, default).GetAwaiter().GetResult();
            reader.Filled(read);
            at += read;
        }
    }
}
