using System.Buffers.Text;

namespace OrleansLlm.Bench.Load;

/// <summary>
/// Reads an HTTP/1.1 answer as its bytes come, and looks at no more of it than a measurement needs: status, end, and the ends of its events.
/// </summary>
internal sealed class AnswerReader
{
    private const int MostHead = 16 * 1024;

    private readonly byte[] _line = new byte[MostHead];
    private readonly byte[] _tail = new byte[16];
    private State _state;
    private int _lineLength;
    private long _left;
    private byte _last;

    private enum State
    {
        Head,
        Body,
        UntilClosed,
        ChunkSize,
        Chunk,
        ChunkEnd,
        Trailer,
        Whole,
    }

    public int Status { get; private set; }

    /// <summary>Whether the connection serves another request.</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>Server-sent events, comments and [DONE] included.</summary>
    public int Events { get; private set; }

    public long BodyBytes { get; private set; }

    /// <summary>The last event was [DONE], so that nothing went wrong on the way.</summary>
    public bool IsDone => _tail.AsSpan().IndexOf("[DONE]"u8) >= 0;

    public void Begin()
    {
        (_state, _lineLength, _left, _last) = (State.Head, 0, 0, 0);
        (Status, KeepAlive, Events, BodyBytes) = (0, true, 0, 0);
        _tail.AsSpan().Clear();
    }

    /// <returns>Whether the answer is whole.</returns>
    /// <exception cref="InvalidDataException">This is no HTTP.</exception>
    public bool Feed(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && _state != State.Whole)
        {
            switch (_state)
            {
                case State.Head when Line(ref bytes, "\r\n\r\n"u8):
                    ReadHead(_line.AsSpan(0, _lineLength));
                    _lineLength = 0;
                    break;
                case State.ChunkSize when Line(ref bytes, "\r\n"u8):
                    if (!Utf8Parser.TryParse(_line.AsSpan(0, _lineLength), out _left, out _, 'x')) throw new InvalidDataException("no size of a chunk");
                    (_state, _lineLength) = (_left == 0 ? State.Trailer : State.Chunk, 0);
                    break;
                case State.Trailer when Line(ref bytes, "\r\n"u8):
                    (_state, _lineLength) = (_lineLength == 2 ? State.Whole : State.Trailer, 0);
                    break;
                case State.ChunkEnd when Line(ref bytes, "\r\n"u8):
                    (_state, _lineLength) = (State.ChunkSize, 0);
                    break;
                case State.Body or State.Chunk:
                    var here = (int)Math.Min(_left, bytes.Length);
                    ReadBody(bytes[..here]);
                    bytes = bytes[here..];
                    _left -= here;
                    if (_left == 0) _state = _state == State.Body ? State.Whole : State.ChunkEnd;
                    break;
                case State.UntilClosed:
                    ReadBody(bytes);
                    return false;
            }
        }

        return _state == State.Whole;
    }

    /// <summary>The server has closed the connection.</summary>
    /// <returns>Whether that was the end of the answer.</returns>
    public bool Closed()
    {
        KeepAlive = false;
        return _state is State.UntilClosed or State.Whole;
    }

    private bool Line(ref ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> end)
    {
        foreach (var b in bytes)
        {
            if (_lineLength == MostHead) throw new InvalidDataException("a head of more than 16 KB");
            _line[_lineLength++] = b;
            bytes = bytes[1..];
            if (b == '\n' && _lineLength >= end.Length && _line.AsSpan(_lineLength - end.Length, end.Length).SequenceEqual(end)) return true;
        }

        return false;
    }

    private void ReadHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1."u8) || !Utf8Parser.TryParse(head[9..], out int status, out _)) throw new InvalidDataException("no HTTP/1.1");
        Status = status;
        Span<byte> lower = stackalloc byte[head.Length];
        System.Text.Ascii.ToLower(head, lower, out _);
        KeepAlive = lower.IndexOf("\r\nconnection: close"u8) < 0;
        var length = lower.IndexOf("\r\ncontent-length:"u8);
        if (lower.IndexOf("\r\ntransfer-encoding: chunked"u8) >= 0) _state = State.ChunkSize;
        else if (length < 0) _state = State.UntilClosed;
        else if (!Utf8Parser.TryParse(lower[(length + 17)..].TrimStart((byte)' '), out _left, out _)) throw new InvalidDataException("no length");
        else _state = _left == 0 ? State.Whole : State.Body;
    }

    private void ReadBody(ReadOnlySpan<byte> bytes)
    {
        BodyBytes += bytes.Length;
        if (_last == '\n' && bytes[0] == '\n') Events++;
        for (var rest = bytes; rest.IndexOf("\n\n"u8) is >= 0 and var at; rest = rest[(at + 2)..]) Events++;
        _last = bytes[^1];
        var keep = Math.Min(bytes.Length, _tail.Length);
        _tail.AsSpan(keep).CopyTo(_tail);
        bytes[^keep..].CopyTo(_tail.AsSpan(_tail.Length - keep));
    }
}
