using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansLlm.Providers;
using OrleansLlm.Support;

namespace OrleansLlm.Upstream.Calls;

/// <summary>
/// A call that is given up is over at once for who waits for it. That nothing runs upstream any more is said when its server has closed its side, and not before:
/// another inference must not start while this one runs on.
/// </summary>
public sealed class PartingTests
{
    private static readonly string Begun =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunk("""data: {"choices":[{"index":0,"delta":{"content":"x"}}]}""");

    private static readonly string Garbled = Chunk("""data: {"id""");

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task ACancelledCall_EndsWithItsServer(bool hasBegun, bool readerWaits)
    {
        using var leaving = new CancellationTokenSource();
        await using var call = await Call.AskedAsync(leaving.Token);
        if (hasBegun) await call.BeginAsync(Begun);
        if (hasBegun && readerWaits) call.ReadOn();
        await leaving.CancelAsync();
        await EndsWithItsServerAsync(call);
    }

    [Fact]
    public async Task ACallWhoseAnswerIsNone_EndsWithItsServer()
    {
        await using var call = await Call.AskedAsync();
        await call.BeginAsync(Begun);
        call.ReadOn();
        await call.SendAsync(Garbled);
        Assert.Equal(FailureKind.Garbled, await EndsWithItsServerAsync(call));
    }

    [Theory]
    [InlineData(false, FailureKind.FirstTokenTimeout)]
    [InlineData(true, FailureKind.StallTimeout)]
    public async Task ACallThatTakesTooLong_EndsWithItsServer(bool hasBegun, FailureKind timeout)
    {
        await using var call = await Call.AskedAsync();
        if (hasBegun)
        {
            await call.BeginAsync(Begun);
            call.ReadOn();
        }

        call.Time.Advance(TimeSpan.FromSeconds(hasBegun ? 120 : 300));
        Assert.Equal(timeout, await EndsWithItsServerAsync(call));
    }

    [Fact]
    public async Task AServerThatDoesNotStop_IsNotWaitedForLongerThanASecond()
    {
        await using var call = await Call.AskedAsync();
        await call.BeginAsync(Begun + Garbled);
        call.ReadOn();
        Assert.Equal(FailureKind.Garbled, await call.EndAsync());
        await call.UntilNobodyListensAsync();
        Assert.False(call.Parted.IsCompleted);
        // The wait's timer is armed before half the connection is closed.
        call.Time.Advance(TimeSpan.FromSeconds(1));
        await call.Parted;
    }

    private static string Chunk(string line) => FormattableString.Invariant($"{line.Length + 2:x}\r\n{line}\n\n\r\n");

    /// <inheritdoc cref="Call.EndAsync" path="/returns"/>
    private static async Task<FailureKind?> EndsWithItsServerAsync(Call call)
    {
        var end = await call.EndAsync();
        // The server hears that nobody listens any more, but its model goes on for a while.
        await call.UntilNobodyListensAsync();
        for (var i = 0; i < 20; i++) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        Assert.False(call.Parted.IsCompleted, "nothing was said to run while its server still worked");
        call.CloseServer();
        await call.Parted;
        return end;
    }

    /// <summary>A call and its server, which has the whole request and says what it is told to.</summary>
    private sealed class Call : IAsyncDisposable
    {
        private readonly Harness _harness;
        private readonly IAsyncEnumerator<UpstreamChunk> _chunks;
        private readonly Socket _server;
        private Task<bool> _next;

        private Call(Harness harness, IAsyncEnumerator<UpstreamChunk> chunks, Task<bool> next, Socket server) =>
            (_harness, _chunks, _next, _server) = (harness, chunks, next, server);

        public required ManualTime Time { get; init; }

        public static async Task<Call> AskedAsync(CancellationToken leaving = default)
        {
            var time = new ManualTime();
            var harness = await Harness.StartAsync(time: time);
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var chunks = harness.Stream(harness.Request("openai", Harness.Say("hello"), new Uri($"http://{listener.LocalEndpoint}/v1")), leaving).GetAsyncEnumerator(CancellationToken.None);
            var next = chunks.MoveNextAsync().AsTask();
            var server = await listener.AcceptSocketAsync(CancellationToken.None);
            var buffer = new byte[16 * 1024];
            var received = "";
            while (!received.EndsWith('}')) received += Encoding.UTF8.GetString(buffer, 0, await server.ReceiveAsync(buffer));
            return new Call(harness, chunks, next, server) { Time = time };
        }

        /// <summary>Nothing runs upstream any more.</summary>
        public Task Parted => _harness.Report.Parted;

        /// <summary>The answer's beginning is sent, and its first chunk is read.</summary>
        public async Task BeginAsync(string answer)
        {
            await SendAsync(answer);
            Assert.True(await _next);
        }

        public Task SendAsync(string answer) => _server.SendAsync(Encoding.UTF8.GetBytes(answer));

        public void ReadOn() => _next = _chunks.MoveNextAsync().AsTask();

        public async Task UntilNobodyListensAsync() => Assert.Equal(0, await _server.ReceiveAsync(new byte[1]));

        public void CloseServer() => _server.Close();

        /// <returns>What it failed with; null when it was cancelled.</returns>
        public async Task<FailureKind?> EndAsync()
        {
            try
            {
                await _next;
                return null;
            }
            catch (OperationCanceledException)
            {
                // What the caller wanted.
                return null;
            }
            catch (UpstreamException failed)
            {
                return failed.Failure.Kind;
            }
            finally
            {
                await _chunks.DisposeAsync();
            }
        }

        public ValueTask DisposeAsync()
        {
            _server.Dispose();
            return _harness.DisposeAsync();
        }
    }
}
