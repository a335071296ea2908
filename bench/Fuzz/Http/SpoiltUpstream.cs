using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>
/// All services on one raw socket. Each worker has a path of its own, <c>/w7/…</c>, and says what the next requests under it get; where it says nothing, the
/// right answer goes out.
/// </summary>
internal sealed class SpoiltUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<int, Reply> _replies = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public SpoiltUpstream()
    {
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <param name="reply">Null: the right one.</param>
    public void Answer(int worker, Reply? reply)
    {
        if (reply is null) _replies.TryRemove(worker, out _);
        else _replies[worker] = reply;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested) _ = ServeAsync(await _listener.AcceptSocketAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var own = socket;
        socket.NoDelay = true;
        try
        {
            var buffer = new byte[64 * 1024];
            var held = 0;
            while (true)
            {
                int head;
                while ((head = buffer.AsSpan(0, held).IndexOf("\r\n\r\n"u8)) < 0)
                {
                    if (held == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
                    var read = await socket.ReceiveAsync(buffer.AsMemory(held), _stop.Token);
                    if (read == 0) return;
                    held += read;
                }

                var text = Encoding.Latin1.GetString(buffer, 0, head);
                var body = LengthIn(text);
                var behind = held - (head + 4);
                while (behind < body)
                {
                    var read = await socket.ReceiveAsync(buffer, _stop.Token);
                    if (read == 0) return;
                    behind += read;
                }

                // Nobody pipelines here.
                held = 0;
                var path = text.Split(' ', 3)[1];
                if (!await ReplyAsync(socket, WorkerOf(path) is { } worker && _replies.TryGetValue(worker, out var reply) ? reply : Replies.Right(path))) return;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or IndexOutOfRangeException)
        {
            // The gateway has left, or all is over.
        }
    }

    /// <returns>Whether the connection goes on.</returns>
    private async Task<bool> ReplyAsync(Socket socket, Reply reply)
    {
        if (reply.Cuts == 0)
        {
            await socket.SendAsync(reply.Bytes, _stop.Token);
        }
        else
        {
            var dice = new Dice((long)reply.Cuts, 0);
            for (var at = 0; at < reply.Bytes.Length;)
            {
                // A packet of its own now and then: enough to end a read anywhere, without one for each byte.
                var length = Math.Min(reply.Bytes.Length - at, dice.OneIn(3) ? 1 + dice.Below(20) : 200 + dice.Below(2000));
                await socket.SendAsync(reply.Bytes.AsMemory(at, length), _stop.Token);
                at += length;
                if (dice.OneIn(2)) await Task.Yield();
            }
        }

        switch (reply.End)
        {
            case ReplyEnd.Closed:
                socket.Shutdown(SocketShutdown.Both);
                return false;
            case ReplyEnd.Reset:
                socket.LingerState = new LingerOption(true, 0);
                return false;
            case ReplyEnd.Silent:
                await socket.ReceiveAsync(new byte[1], _stop.Token);
                return false;
            default:
                return true;
        }
    }

    private static long LengthIn(string head)
    {
        foreach (var line in head.Split("\r\n"))
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) return long.Parse(line[15..], CultureInfo.InvariantCulture);
        }

        return 0;
    }

    private static int? WorkerOf(string path)
    {
        if (!path.StartsWith("/w", StringComparison.Ordinal)) return null;
        var end = path.IndexOf('/', 2);
        return int.TryParse(path.AsSpan(2, (end < 0 ? path.Length : end) - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var worker) ? worker : null;
    }
}
