using System.Net.Sockets;
using System.Text;

namespace OrleansLlm.Bench.Load;

/// <summary>One user: a connection that is kept, and one request after the other until told to stop.</summary>
internal sealed class LoadUser(Uri target, string key, string body, bool stream, int tokens, LoadCounts counts)
{
    /// <summary>After a failure, so that a target that refuses everything is not stormed.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly byte[] _request = Encoding.UTF8.GetBytes(
        $"POST {target.AbsolutePath.TrimEnd('/')}/v1/chat/completions HTTP/1.1\r\nHost: {target.Authority}\r\nAuthorization: Bearer {key}\r\n"
        + $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly AnswerReader _reader = new();
    private readonly TimeProvider _time = TimeProvider.System;

    /// <param name="after">How long it waits before its first request.</param>
    public async Task RunAsync(TimeSpan after, CancellationToken stop)
    {
        await Task.Delay(after, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Socket? socket = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                socket ??= await ConnectAsync();
                if (await AskAsync(socket)) continue;
            }
            catch (Exception e) when (e is SocketException or InvalidDataException)
            {
                counts.Failed(e.Message);
                await Task.Delay(Pause, _time, CancellationToken.None);
            }

            socket?.Dispose();
            socket = null;
        }

        socket?.Dispose();
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(target.Host, target.Port);
        return socket;
    }

    /// <returns>Whether the connection can be used again.</returns>
    private async Task<bool> AskAsync(Socket socket)
    {
        var began = _time.GetTimestamp();
        for (ReadOnlyMemory<byte> left = _request; left.Length > 0;) left = left[await socket.SendAsync(left, SocketFlags.None)..];
        _reader.Begin();
        var (events, last) = (0, began);
        while (true)
        {
            var read = await socket.ReceiveAsync(_buffer, SocketFlags.None);
            var whole = read == 0 ? _reader.Closed() : _reader.Feed(_buffer.AsSpan(0, read));
            if (read == 0 && !whole) throw new InvalidDataException("the connection was closed before the answer's end");
            if (stream && _reader.Events > events)
            {
                var now = _time.GetTimestamp();
                if (events == 0) counts.First(Since(began, now));
                else counts.Gap(Since(last, now));
                counts.Tokens(Math.Min(_reader.Events, tokens) - Math.Min(events, tokens));
                // What came in one piece came without a gap; how many pieces there were is the target's choice.
                (events, last) = (_reader.Events, now);
            }

            if (whole) break;
        }

        if (_reader.Status != 200) counts.Failed($"status {_reader.Status}");
        else if (stream && (events < tokens || !_reader.IsDone)) counts.Failed($"a stream of {events} events without its end");
        else if (!stream && _reader.BodyBytes < tokens) counts.Failed("an answer that is too short");
        else counts.Answered(Since(began, _time.GetTimestamp()));
        return _reader.KeepAlive;
    }

    private long Since(long from, long until) => (long)_time.GetElapsedTime(from, until).TotalMicroseconds;
}
