using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>HTTP/1.1 as bytes: sends what no client library would, over one connection as long as the server keeps it.</summary>
internal sealed class RawClient(IPEndPoint server) : IDisposable
{
    private Socket? _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <param name="leaveAfter">So much of the answer's body is read, then the client is gone; null: all.</param>
    /// <returns>Null: not a byte came back.</returns>
    public async Task<RawAnswer?> SendAsync(byte[] request, bool isHead, int? leaveAfter, CancellationToken cancellationToken)
    {
        var isReused = _socket is not null;
        var answer = await TryAsync(request, isHead, leaveAfter, cancellationToken);
        // A server may close a connection between two requests.
        return answer is null && isReused ? await TryAsync(request, isHead, leaveAfter, cancellationToken) : answer;
    }

    public void Dispose() => Close();

    private async Task<RawAnswer?> TryAsync(byte[] request, bool isHead, int? leaveAfter, CancellationToken cancellationToken)
    {
        try
        {
            await ConnectAsync(cancellationToken);
            try
            {
                await _socket!.SendAsync(request, cancellationToken);
            }
            catch (SocketException)
            {
                // It may have answered already and want no more of it.
            }

            return await ReadAsync(isHead, leaveAfter, cancellationToken);
        }
        catch (SocketException)
        {
            Close();
            return null;
        }
        catch (OperationCanceledException)
        {
            Close();
            throw;
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        if (_socket is not null) return;
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        (_start, _end) = (0, 0);
        await _socket.ConnectAsync(server, cancellationToken);
    }

    private void Close()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private async Task<RawAnswer?> ReadAsync(bool isHead, int? leaveAfter, CancellationToken cancellationToken)
    {
        int status;
        List<(string Name, string Value)> headers;
        do
        {
            var line = await LineAsync(cancellationToken);
            if (line is null)
            {
                Close();
                return null;
            }

            status = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
            headers = [];
            while (await LineAsync(cancellationToken) is { Length: > 0 } header)
            {
                var colon = header.IndexOf(':', StringComparison.Ordinal);
                headers.Add((header[..colon], header[(colon + 1)..].Trim()));
            }
        }
        while (status is >= 100 and < 200);

        var answer = new RawAnswer(status, headers, [], false);
        var body = new MemoryStream();
        var isWhole = isHead || status is 204 or 304 || await BodyAsync(answer, body, leaveAfter, cancellationToken);
        if (!isWhole || string.Equals(answer.Header("Connection"), "close", StringComparison.OrdinalIgnoreCase)) Close();
        return answer with { Body = body.ToArray(), IsCut = !isWhole };
    }

    /// <returns>False: it ended before its end.</returns>
    private async Task<bool> BodyAsync(RawAnswer answer, MemoryStream body, int? leaveAfter, CancellationToken cancellationToken)
    {
        if (answer.Header("Transfer-Encoding") is null)
        {
            if (answer.Header("Content-Length") is { } length) return await CopyAsync(body, long.Parse(length, CultureInfo.InvariantCulture), leaveAfter, cancellationToken);
            await CopyAsync(body, long.MaxValue, leaveAfter, cancellationToken);
            Close();
            return true;
        }

        while (await LineAsync(cancellationToken) is { } size)
        {
            var length = long.Parse(size, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length > 0 && !await CopyAsync(body, length, leaveAfter, cancellationToken)) return false;
            await LineAsync(cancellationToken);
            if (length == 0) return true;
        }

        return false;
    }

    private async Task<bool> CopyAsync(MemoryStream to, long length, int? leaveAfter, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            if (to.Length >= leaveAfter) return false;
            if (_start == _end && !await FillAsync(cancellationToken)) return false;
            var taken = (int)Math.Min(length, _end - _start);
            to.Write(_buffer, _start, taken);
            _start += taken;
            length -= taken;
        }

        return true;
    }

    private async Task<string?> LineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, at).TrimEnd('\r');
                _start += at + 1;
                return line;
            }

            if (!await FillAsync(cancellationToken)) return null;
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start == _end) (_start, _end) = (0, 0);
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        try
        {
            var read = await _socket!.ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
            _end += read;
            return read > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
