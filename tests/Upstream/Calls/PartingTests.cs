using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansLlm.Providers;
using OrleansLlm.Support;

namespace OrleansLlm.Upstream.Calls;

/// <summary>A call that is given up is over when its server has closed its side, and not before: another inference must not start while this one runs on.</summary>
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
        await using var harness = await Harness.StartAsync(time: new ManualTime());
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var leaving = new CancellationTokenSource();
        var chunks = Ask(harness, server, leaving.Token);
        var next = chunks.MoveNextAsync().AsTask();
        using var socket = await AskedAsync(server);
        if (hasBegun)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(Begun));
            Assert.True(await next);
            if (readerWaits) next = chunks.MoveNextAsync().AsTask();
        }

        await leaving.CancelAsync();
        await EndsWithItsServerAsync(EndAsync(chunks, next), socket);
    }

    [Fact]
    public async Task ACallWhoseAnswerIsNone_EndsWithItsServer()
    {
        await using var harness = await Harness.StartAsync(time: new ManualTime());
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var chunks = Ask(harness, server);
        var next = chunks.MoveNextAsync().AsTask();
        using var socket = await AskedAsync(server);
        await socket.SendAsync(Encoding.UTF8.GetBytes(Begun));
        Assert.True(await next);

        next = chunks.MoveNextAsync().AsTask();
        await socket.SendAsync(Encoding.UTF8.GetBytes(Garbled));
        Assert.Equal(FailureKind.Garbled, await EndsWithItsServerAsync(EndAsync(chunks, next), socket));
    }

    [Theory]
    [InlineData(false, FailureKind.FirstTokenTimeout)]
    [InlineData(true, FailureKind.StallTimeout)]
    public async Task ACallThatTakesTooLong_EndsWithItsServer(bool hasBegun, FailureKind timeout)
    {
        var time = new ManualTime();
        await using var harness = await Harness.StartAsync(time: time);
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var chunks = Ask(harness, server);
        var next = chunks.MoveNextAsync().AsTask();
        using var socket = await AskedAsync(server);
        if (hasBegun)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(Begun));
            Assert.True(await next);
            next = chunks.MoveNextAsync().AsTask();
        }

        time.Advance(TimeSpan.FromSeconds(hasBegun ? 120 : 300));
        Assert.Equal(timeout, await EndsWithItsServerAsync(EndAsync(chunks, next), socket));
    }

    [Fact]
    public async Task AServerThatDoesNotStop_IsNotWaitedForLongerThanASecond()
    {
        var time = new ManualTime();
        await using var harness = await Harness.StartAsync(time: time);
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var chunks = Ask(harness, server);
        var next = chunks.MoveNextAsync().AsTask();
        using var socket = await AskedAsync(server);
        await socket.SendAsync(Encoding.UTF8.GetBytes(Begun + Garbled));
        Assert.True(await next);
        var ending = EndAsync(chunks, chunks.MoveNextAsync().AsTask());
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1]));
        // The wait's timer is armed before half the connection is closed.
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(FailureKind.Garbled, await ending);
    }

    private static string Chunk(string line) => FormattableString.Invariant($"{line.Length + 2:x}\r\n{line}\n\n\r\n");

    private static IAsyncEnumerator<UpstreamChunk> Ask(Harness harness, TcpListener server, CancellationToken leaving = default) =>
        harness.Stream(harness.Request("openai", Harness.Say("hello"), new Uri($"http://{server.LocalEndpoint}/v1")), leaving).GetAsyncEnumerator(CancellationToken.None);

    /// <summary>The connection on which the whole request has come.</summary>
    private static async Task<Socket> AskedAsync(TcpListener server)
    {
        var socket = await server.AcceptSocketAsync();
        var buffer = new byte[16 * 1024];
        var received = "";
        while (!received.EndsWith('}')) received += Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
        return socket;
    }

    private static async Task<FailureKind?> EndsWithItsServerAsync(Task<FailureKind?> ending, Socket socket)
    {
        // The server hears that nobody listens any more, but its model goes on for a while.
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1]));
        for (var i = 0; i < 20; i++) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        Assert.False(ending.IsCompleted, "the call was over while its server still worked");
        socket.Close();
        return await ending;
    }

    /// <returns>What it failed with; null when it was cancelled.</returns>
    private static async Task<FailureKind?> EndAsync(IAsyncEnumerator<UpstreamChunk> chunks, Task next)
    {
        try
        {
            await next;
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
            await chunks.DisposeAsync();
        }
    }
}
