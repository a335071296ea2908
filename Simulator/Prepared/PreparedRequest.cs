using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace OrleansLlm.Simulator.Prepared;

/// <summary>Reads requests from one connection, with as little work as a stand-in can get away with: a Content-Length and no pipelining.</summary>
internal sealed class PreparedRequest(Socket socket)
{
    private const int MostBytes = 64 * 1024 * 1024;

    private byte[] _buffer = new byte[8 * 1024];
    private int _length;
    private int _head;

    /// <summary>The first line and the headers.</summary>
    private ReadOnlySpan<byte> Head => _buffer.AsSpan(0, _head);

    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_head, _length - _head);

    public ReadOnlySpan<byte> Path
    {
        get
        {
            var line = Head[(Head.IndexOf((byte)' ') + 1)..];
            return line[..line.IndexOf((byte)' ')];
        }
    }

    /// <returns>False when the client has closed the connection.</returns>
    public async ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        (_length, _head) = (0, 0);
        var whole = 0;
        while (_head == 0 || _length < whole)
        {
            if (_length == _buffer.Length) Array.Resize(ref _buffer, Math.Min(MostBytes, _buffer.Length * 4));
            var read = await socket.ReceiveAsync(_buffer.AsMemory(_length), SocketFlags.None, ct);
            if (read == 0) return false;
            _length += read;
            if (_head > 0) continue;
            var end = _buffer.AsSpan(0, _length).IndexOf("\r\n\r\n"u8);
            if (end < 0) continue;
            _head = end + 4;
            whole = _head + BodyLength();
        }

        return true;
    }

    private int BodyLength()
    {
        var lines = Encoding.Latin1.GetString(Head);
        var at = lines.IndexOf("\r\nContent-Length:", StringComparison.OrdinalIgnoreCase);
        if (at < 0) return 0;
        return Utf8Parser.TryParse(Head[(at + 17)..].TrimStart((byte)' '), out int length, out _) ? length : 0;
    }
}
