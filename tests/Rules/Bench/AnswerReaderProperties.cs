using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Bench.Load;

namespace OrleansLlm.Tests.Rules.Bench;

public class AnswerReaderProperties
{
    private const string Stream = "data: {\"a\":1}\n\ndata: {\"b\":\"äöü\"}\n\n: comment\n\ndata: [DONE]\n\n";

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(300);

    /// <summary>The network cuts where it likes, and a server frames as it likes: what is read is the same.</summary>
    [Fact]
    public void AStream_IsReadTheSame_HoweverItIsFramedAndCut() =>
        Prop.ForAll(Cuts(), Cuts(), (frames, cuts) =>
        {
            var body = new StringBuilder("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\nX: y\r\n\r\n");
            foreach (var frame in Pieces(Encoding.UTF8.GetBytes(Stream), frames)) body.Append($"{frame.Length:X}\r\n").Append(Encoding.Latin1.GetString(frame)).Append("\r\n");
            var reader = Read(Encoding.Latin1.GetBytes(body.Append("0\r\n\r\n").ToString()), cuts);
            Assert.Equal((200, true, 4, true), (reader.Status, reader.KeepAlive, reader.Events, reader.IsDone));
            Assert.Equal(Encoding.UTF8.GetByteCount(Stream), reader.BodyBytes);
            return true;
        }).Check(Many);

    [Theory]
    [InlineData("Content-Length: 5\r\n", "hello", true, 5)]
    [InlineData("content-length:0\r\n", "", true, 0)]
    [InlineData("Connection: close\r\nContent-Length: 5\r\n", "hello", false, 5)]
    [InlineData("Transfer-Encoding: chunked\r\n", "5;x=1\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", true, 5)]
    public void AWholeAnswer_EndsWhereItsHeadSays(string head, string body, bool keepAlive, int length)
    {
        for (var cut = 1; cut < 80; cut++)
        {
            var reader = Read(Encoding.ASCII.GetBytes($"HTTP/1.1 429 Too Many Requests\r\n{head}\r\n{body}"), [cut]);
            Assert.Equal((429, keepAlive, length), (reader.Status, reader.KeepAlive, (int)reader.BodyBytes));
        }
    }

    [Fact]
    public void AnAnswerThatEndsWithItsConnection_IsWholeThen()
    {
        var reader = new AnswerReader();
        reader.Begin();
        Assert.False(reader.Feed("HTTP/1.1 200 OK\r\n\r\nhel"u8));
        Assert.False(reader.Feed("lo"u8));
        Assert.True(reader.Closed());
        Assert.False(reader.KeepAlive);
    }

    [Fact]
    public void ABrokenAnswer_IsNeverWhole()
    {
        var reader = new AnswerReader();
        reader.Begin();
        Assert.False(reader.Feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"u8));
        Assert.False(reader.Closed());
        reader.Begin();
        Assert.Throws<InvalidDataException>(() => reader.Feed("Hello\r\n\r\n"u8));
    }

    /// <summary>Fed in those pieces, it is whole with the last byte and not before.</summary>
    private static AnswerReader Read(byte[] bytes, int[] cuts)
    {
        var reader = new AnswerReader();
        reader.Begin();
        var left = bytes.Length;
        foreach (var piece in Pieces(bytes, cuts))
        {
            left -= piece.Length;
            Assert.Equal(left == 0, reader.Feed(piece));
        }

        return reader;
    }

    private static List<byte[]> Pieces(byte[] bytes, int[] lengths)
    {
        var pieces = new List<byte[]>();
        for (var (at, i) = (0, 0); at < bytes.Length; i++)
        {
            var length = Math.Min(i < lengths.Length ? lengths[i] : bytes.Length, bytes.Length - at);
            pieces.Add(bytes[at..(at + length)]);
            at += length;
        }

        return pieces;
    }

    private static Arbitrary<int[]> Cuts() => Gen.Choose(1, 20).ListOf().Select(l => l.ToArray()).ToArbitrary();
}
