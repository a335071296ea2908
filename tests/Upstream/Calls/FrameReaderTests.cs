using System.Text;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Upstream.Calls;

public sealed class FrameReaderTests
{
    [Fact]
    public void Frames_AreTheSameHoweverTheBodyIsCut() => Property.ForAllSeeds(
        seed =>
        {
            var random = new Random(seed);
            var framing = random.Next(2) == 0 ? Framing.Events : Framing.Lines;
            string[] ends = ["\n", "\r\n", "\r"];
            string[] pieces =
            [
                "data: {\"é\":1}", "data:x", "data", ":comment", "event: error", "", "", "data: 😀😀", new string('y', random.Next(40_000)), "id: 5", "\uFEFF",
                "data: " + new string('é', random.Next(20_000)),
            ];
            var body = new StringBuilder(random.Next(4) == 0 ? "\uFEFF" : "");
            for (var line = 0; line < 20; line++) body.Append(pieces[random.Next(pieces.Length)]).Append(ends[random.Next(3)]);
            var bytes = Encoding.UTF8.GetBytes(body.ToString());
            var whole = Read(framing, bytes, () => bytes.Length);
            return Read(framing, bytes, () => 1).SequenceEqual(whole) && Read(framing, bytes, () => random.Next(1, 50)).SequenceEqual(whole);
        });

    [Theory]
    [InlineData("data: a\ndata: b\n\ndata: c\n\n", "a\nb|c")]
    [InlineData("data:  a\n\n", " a")]
    [InlineData("data\n\n", "")]
    [InlineData("dataset: a\n\n:x\n\n\n\n", null)]
    [InlineData("data: a\r\n\r\ndata: b\r\r", "a|b")]
    [InlineData("event: error\ndata: a\n\ndata: b\n\n", "!a|b")]
    [InlineData("event: error\n\ndata: b\n\n", "b")]
    public void Events_FollowTheStandard(string body, string? expected) =>
        Assert.Equal(expected?.Split('|') ?? [], Read(Framing.Events, Encoding.UTF8.GetBytes(body), () => 1000));

    [Fact]
    public void Line_OfThirtyTwoMebibytes_IsTheLongest()
    {
        const int longest = (32 * 1024 * 1024) - 2;
        Assert.Equal(longest, Assert.Single(Read(Framing.Lines, Encoding.ASCII.GetBytes(new string('x', longest) + "\n"), () => 64 * 1024)).Length);

        var thrown = Assert.Throws<UpstreamException>(() => Read(Framing.Lines, Encoding.ASCII.GetBytes(new string('x', longest + 1024)), () => 64 * 1024));
        Assert.Equal(FailureKind.LineTooLong, thrown.Failure.Kind);
    }

    [Fact]
    public void Event_OfEndlesslyManyDataLines_IsTooLong()
    {
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("data: " + new string('x', 20_000) + "\n", 2000)));

        Assert.Equal(FailureKind.LineTooLong, Assert.Throws<UpstreamException>(() => Read(Framing.Events, lines, () => 4096)).Failure.Kind);
    }

    [Fact]
    public async Task Wait_NeedsABufferOnlyForAFrameThatIsNotWhole()
    {
        var (ct, rooms) = (TestContext.Current.CancellationToken, new List<int>());
        using var reader = new FrameReader(Framing.Events);
        var stream = new PiecewiseStream("data: a\n\ndata"u8.ToArray(), () => 9, rooms.Add);

        _ = await reader.WaitAsync(stream, ct);
        Assert.Equal([0], rooms);
        reader.Filled(await reader.FillAsync(stream, ct));
        Assert.True(reader.TryRead(out _));
        _ = await reader.WaitAsync(stream, ct);
        Assert.Equal(0, rooms[^1]);

        reader.Filled(await reader.FillAsync(stream, ct));
        Assert.False(reader.TryRead(out _));
        var reads = rooms.Count;
        _ = await reader.WaitAsync(stream, ct);
        Assert.Equal(reads, rooms.Count);
    }

    private static List<string> Read(Framing framing, byte[] body, Func<int> nextPiece)
    {
        using var reader = new FrameReader(framing);
        var stream = new PiecewiseStream(body, nextPiece);
        var frames = new List<string>();
        while (true)
        {
            while (reader.TryRead(out var frame)) frames.Add((reader.FrameIsError ? "!" : "") + Encoding.UTF8.GetString(frame));
            if (reader.Ended) return frames;

            // The stream never suspends.
            _ = reader.WaitAsync(stream, default).GetAwaiter().GetResult();
            reader.Filled(reader.FillAsync(stream, default).GetAwaiter().GetResult());
        }
    }

    /// <param name="seen">The room of each read, in bytes.</param>
    private sealed class PiecewiseStream(byte[] body, Func<int> nextPiece, Action<int>? seen = null) : MemoryStream(body)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            seen?.Invoke(buffer.Length);
            return ValueTask.FromResult(Read(buffer.Span[..Math.Min(buffer.Length, nextPiece())]));
        }
    }
}
