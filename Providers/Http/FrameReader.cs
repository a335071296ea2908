using System.Buffers;

namespace OrleansLlm.Providers.Http;

/// <summary>
/// Cuts a response body into frames in place, in one pooled buffer that it has only while something is in it. Events follow the standard
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation): LF, CR or CRLF, a BOM at the start,
/// comments, several data lines joined by LF. One leniency: data that the end of the body cuts off from its blank line is still a frame.
/// </summary>
internal sealed class FrameReader(Framing framing, int maxFrame = FrameReader.MaxFrame) : IDisposable
{
    /// <summary>A line, an event or a whole body. One event may be a picture.</summary>
    public const int MaxFrame = 32 * 1024 * 1024;

    /// <summary>Holds a dozen tokens.</summary>
    private const int InitialBuffer = 4 * 1024;

    private byte[] _buffer = [];
    private int _start, _scanned, _end;
    private byte[]? _data;
    private int _dataLength;
    private bool _hasData, _eventIsError, _skipLineFeed, _pastFirstLine;

    /// <summary>Whether a read of no bytes of the stream ends when it has some.</summary>
    public bool CanWait { get; init; } = true;

    /// <summary>The body has ended; frames may still be buffered.</summary>
    public bool Ended { get; private set; }

    /// <summary>The frame just read belongs to an event named "error".</summary>
    public bool FrameIsError { get; private set; }

    /// <summary>The body ended inside the line just read.</summary>
    public bool FrameIsCut { get; private set; }

    /// <summary>
    /// Gives the buffer back if all that came has been read: who waits for a token holds none, and a thousand open streams not a thousand. Invalidates the
    /// last frame. To be called as soon as it is read, on the same thread: the pool has one for each thread at hand, and few for all.
    /// </summary>
    public void LetGo()
    {
        if (_start != _end) return;
        GiveBack(ref _buffer);
        _start = _scanned = _end = 0;
    }

    /// <summary>Over when the stream has something to read; at once, if it cannot say so or a part of a frame is held. Invalidates the last frame.</summary>
    public ValueTask<int> WaitAsync(Stream stream, CancellationToken ct)
    {
        LetGo();
        return _start == _end && CanWait ? stream.ReadAsync(Memory<byte>.Empty, ct) : default;
    }

    /// <summary>Reads what the stream has next into the buffer; invalidates the last frame.</summary>
    /// <exception cref="UpstreamException">LineTooLong.</exception>
    public ValueTask<int> FillAsync(Stream stream, CancellationToken ct)
    {
        if (_start == _end) _start = _scanned = _end = 0;
        if (_buffer.Length == 0) _buffer = ArrayPool<byte>.Shared.Rent(InitialBuffer);
        else if (_end == _buffer.Length) MakeRoom();
        if (_end - _start > maxFrame) throw TooLong();
        return stream.ReadAsync(_buffer.AsMemory(_end), ct);
    }

    /// <summary>Takes note of what <see cref="FillAsync"/> returned.</summary>
    public void Filled(int bytes)
    {
        if (bytes == 0) Ended = true;
        else _end += bytes;
    }

    /// <summary>The next frame that is complete in the buffer. It is valid until the next fill.</summary>
    public bool TryRead(out ReadOnlySpan<byte> frame) => framing switch
    {
        Framing.Events => TryEvent(out frame),
        Framing.Lines => TryFullLine(out frame),
        Framing.Messages => TryMessage(out frame),
        _ => TryWhole(out frame),
    };

    public void Dispose()
    {
        GiveBack(ref _buffer);
        if (_data is { } data) ArrayPool<byte>.Shared.Return(data);
        _data = null;
    }

    private static void GiveBack(ref byte[] buffer)
    {
        var pooled = buffer;
        buffer = [];
        if (pooled.Length > 0) ArrayPool<byte>.Shared.Return(pooled);
    }

    private bool TryWhole(out ReadOnlySpan<byte> frame)
    {
        frame = Ended ? WithoutBom(_buffer.AsSpan(_start.._end)) : default;
        if (Ended) _start = _end;
        return frame.Length > 0;
    }

    private bool TryMessage(out ReadOnlySpan<byte> frame)
    {
        var held = _buffer.AsSpan(_start.._end);
        frame = default;
        if (EventStream.LengthAt(held, maxFrame) is not { } length || held.Length < length)
        {
            return !Ended || held.IsEmpty ? false : throw UpstreamException.Of(FailureKind.Truncated, "The upstream's answer ended in the middle of a message.");
        }

        EventStream.Check(held[..length]);
        frame = held[..length];
        _start = _scanned = _start + length;
        return true;
    }

    private bool TryFullLine(out ReadOnlySpan<byte> frame)
    {
        while (TryLine(out frame))
        {
            if (frame.IndexOfAnyExcept((byte)' ', (byte)'\t') >= 0) return true;
        }

        return false;
    }

    private bool TryEvent(out ReadOnlySpan<byte> frame)
    {
        while (TryLine(out var line))
        {
            if (line.Length == 0)
            {
                if (TakeData(out frame)) return true;
                _eventIsError = false;
            }
            else if (Field(line, "data"u8, out var value))
            {
                if (!_hasData && SkipEmptyLine())
                {
                    frame = value;
                    (FrameIsError, _eventIsError) = (_eventIsError, false);
                    return true;
                }

                Keep(value);
            }
            else if (Field(line, "error"u8, out var error) && error.StartsWith("{"u8))
            {
                // Older llama-servers have a field of their own for it.
                Keep(error);
                _eventIsError = true;
            }
            else if (Field(line, "event"u8, out var name))
            {
                _eventIsError = name.SequenceEqual("error"u8);
            }
        }

        frame = default;
        return Ended && TakeData(out frame);
    }

    private static bool Field(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!line.StartsWith(name)) return false;
        var rest = line[name.Length..];
        if (rest.Length == 0) return true;
        if (rest[0] != ':') return false;
        value = rest.Length > 1 && rest[1] == ' ' ? rest[2..] : rest[1..];
        return true;
    }

    private bool TakeData(out ReadOnlySpan<byte> frame)
    {
        frame = _hasData ? _data.AsSpan(0, _dataLength) : default;
        if (!_hasData) return false;
        (_hasData, _dataLength) = (false, 0);
        (FrameIsError, _eventIsError) = (_eventIsError, false);
        return true;
    }

    private void Keep(ReadOnlySpan<byte> value)
    {
        var needed = _dataLength + value.Length + 1;
        if (needed > maxFrame) throw TooLong();
        if (_data is null || _data.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 4096));
            _data.AsSpan(0, _dataLength).CopyTo(larger);
            if (_data is not null) ArrayPool<byte>.Shared.Return(_data);
            _data = larger;
        }

        if (_hasData) _data[_dataLength++] = (byte)'\n';
        value.CopyTo(_data.AsSpan(_dataLength));
        _dataLength += value.Length;
        _hasData = true;
    }

    private bool TryLine(out ReadOnlySpan<byte> line)
    {
        SkipLineFeed();
        var at = _buffer.AsSpan(_scanned, _end - _scanned).IndexOfAny((byte)'\n', (byte)'\r');
        if (at >= 0)
        {
            at += _scanned;
            line = _buffer.AsSpan(_start..at);
            _skipLineFeed = _buffer[at] == '\r';
            _start = _scanned = at + 1;
        }
        else if (Ended && _start < _end)
        {
            line = _buffer.AsSpan(_start.._end);
            _start = _scanned = _end;
            FrameIsCut = true;
        }
        else
        {
            _scanned = _end;
            line = default;
            return false;
        }

        if (!_pastFirstLine) line = WithoutBom(line);
        _pastFirstLine = true;
        return true;
    }

    /// <summary>Consumes the blank line that follows, if it is in the buffer already.</summary>
    private bool SkipEmptyLine()
    {
        SkipLineFeed();
        if (_start == _end || _buffer[_start] is not ((byte)'\n' or (byte)'\r')) return false;
        _skipLineFeed = _buffer[_start] == '\r';
        _scanned = ++_start;
        return true;
    }

    /// <summary>The LF of a CRLF whose CR ended the last line.</summary>
    private void SkipLineFeed()
    {
        if (!_skipLineFeed || _start == _end) return;
        _skipLineFeed = false;
        if (_buffer[_start] == '\n') _scanned = ++_start;
    }

    private static ReadOnlySpan<byte> WithoutBom(ReadOnlySpan<byte> line) => line.StartsWith("\uFEFF"u8) ? line[3..] : line;

    private void MakeRoom()
    {
        var held = _buffer.AsSpan(_start.._end);
        if (_start > 0)
        {
            held.CopyTo(_buffer);
        }
        else
        {
            if (held.Length >= maxFrame) throw TooLong();
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            held.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        (_start, _scanned, _end) = (0, _scanned - _start, _end - _start);
    }

    private UpstreamException TooLong() => UpstreamException.Of(
        FailureKind.LineTooLong, $"The upstream sent {(framing switch { Framing.Whole => "a body", Framing.Messages => "a message", _ => "a line" })} of more than {maxFrame / (1024 * 1024)} MiB.");
}
