using System.Net;
using System.Net.Sockets;

namespace OrleansLlm.Simulator.Prepared;

/// <summary>One backend: a port with so many slots, 0 for any number; who comes while they are taken waits in the order of coming.</summary>
internal sealed class PreparedPort : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SemaphoreSlim? _slots;
    private readonly Pacer _pacer;
    private readonly OpenInferences _open = new();

    public PreparedPort(string host, int port, int slots, Pacer pacer)
    {
        _pacer = pacer;
        _slots = slots > 0 ? new SemaphoreSlim(slots) : null;
        _listener.Bind(new IPEndPoint(IPAddress.Parse(host), port));
        _listener.Listen(4096);
    }

    public Uri Address => new($"http://{_listener.LocalEndPoint}/");

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var socket = await _listener.AcceptAsync(ct);
            socket.NoDelay = true;
            _ = ServeAsync(socket, ct);
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _slots?.Dispose();
    }

    private async Task ServeAsync(Socket socket, CancellationToken ct)
    {
        using (socket)
        {
            try
            {
                var request = new PreparedRequest(socket);
                while (await request.ReadAsync(ct)) await AnswerAsync(socket, request, ct);
            }
            catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client's business.
            }
        }
    }

    private async ValueTask AnswerAsync(Socket socket, PreparedRequest request, CancellationToken ct)
    {
        if (request.Body.IsEmpty)
        {
            var stats = request.Path.SequenceEqual("/sim/stats"u8);
            await SendAsync(socket, PreparedAnswer.Json(stats ? _open.TakeStats() : "{}"), ct);
            return;
        }

        using var inference = _open.Begin();
        if (_slots is not null) await _slots.WaitAsync(ct);
        try
        {
            await SendAsync(socket, PreparedWish.Of(request.Path, request.Body), inference, ct);
        }
        finally
        {
            _slots?.Release();
        }
    }

    private Task SendAsync(Socket socket, PreparedWish wish, OpenInference inference, CancellationToken ct)
    {
        var answer = PreparedAnswer.For(wish);
        if (wish.FirstTokenMs == 0 && wish.GapMs == 0)
        {
            inference.End();
            return SendAsync(socket, answer.Bytes, ct);
        }

        var gap = TimeSpan.FromMilliseconds(wish.GapMs);
        var paced = new PacedAnswer(socket, answer, gap, inference);
        _pacer.Add(paced, TimeSpan.FromMilliseconds(wish.FirstTokenMs) + (wish.Stream ? TimeSpan.Zero : gap * (wish.Tokens - 1)));
        return paced.Sent;
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, ct)..];
    }
}
