using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLlm.Upstream.Calls;

/// <summary>A cancelled call is over when its server has closed its side, and not before: another inference must not start while this one runs on.</summary>
public sealed class PartingTests
{
    private const string Begun =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "3b\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n\r\n";

    [Theory]
    [InlineData(null, false)]
    [InlineData(Begun, true)]
    [InlineData(Begun, false)]
    public async Task ACancelledCall_EndsWithItsServer(string? answered, bool readerWaits)
    {
        await using var harness = await Harness.StartAsync();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var leaving = new CancellationTokenSource();
        var chunks = harness.Stream(harness.Request("openai", Harness.Say("hello"), new Uri($"http://{server.LocalEndpoint}/v1")), leaving.Token).GetAsyncEnumerator();
        var next = chunks.MoveNextAsync().AsTask();
        using var socket = await server.AcceptSocketAsync();
        var buffer = new byte[16 * 1024];
        var received = "";
        while (!received.EndsWith('}')) received += Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
        if (answered is not null)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(answered));
            Assert.True(await next);
            if (readerWaits) next = chunks.MoveNextAsync().AsTask();
        }

        await leaving.CancelAsync();
        var ending = EndAsync();
        // The server hears that nobody listens any more, but its model goes on for a while.
        Assert.Equal(0, await socket.ReceiveAsync(buffer));
        for (var i = 0; i < 20; i++) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        Assert.False(ending.IsCompleted, "the call was over while its server still worked");
        socket.Close();
        await ending;

        async Task EndAsync()
        {
            try
            {
                await next;
            }
            catch (OperationCanceledException)
            {
                // What the caller wanted.
            }

            await chunks.DisposeAsync();
        }
    }
}
