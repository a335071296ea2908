using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Ledger.Writing;

/// <summary>
/// One file of the spool. Its room is reserved when it is made, and kept while it is used over and over: a disk that is full meanwhile does not keep rows
/// from it. What follows the rows in it are blank lines.
/// </summary>
internal sealed class SpoolSegment : IDisposable
{
    /// <summary>That are read at once of a file that was left.</summary>
    public const int BlockBytes = 1 << 12;

    private const byte EndOfLine = (byte)'\n';

    private readonly FreshRows _fresh = new();
    private FileStream? _file;
    private bool _torn;

    private SpoolSegment(string path, FileStream? file) => (Path, _file) = (path, file);

    public string Path { get; }

    /// <summary>Of its rows, in bytes.</summary>
    public long Length { get; private set; }

    /// <param name="room">To be reserved, in bytes; none where so much is not to be had.</param>
    /// <exception cref="IOException">The disk is full, or broken.</exception>
    public static SpoolSegment Make(string path, long room)
    {
        try
        {
            return new SpoolSegment(path, Open(path, FileMode.CreateNew, room));
        }
        catch (IOException) when (!File.Exists(path))
        {
            // Perhaps a little is.
            return new SpoolSegment(path, Open(path, FileMode.CreateNew, room: 0));
        }
    }

    /// <summary>As an earlier process has left it. A crash may have torn its last line.</summary>
    public static SpoolSegment Left(string path)
    {
        using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0 });
        var end = EndOfRows(file);
        var torn = end > 0 && end == file.Length;
        return new SpoolSegment(path, null) { Length = end == 0 || torn ? end : end + 1, _torn = torn };
    }

    /// <param name="rows">Those of the lines, each with the place where it ends in them.</param>
    /// <exception cref="IOException">They are not in it; there may be half a line behind <see cref="Length"/>.</exception>
    public void Append(ReadOnlySpan<byte> lines, IReadOnlyList<(LedgerRow Row, int End)> rows)
    {
        _file ??= Open(Path, FileMode.Open, room: 0);
        _file.Position = Length;
        if (_torn)
        {
            _file.WriteByte(EndOfLine);
            (_torn, Length) = (false, Length + 1);
        }

        _file.Write(lines);
        Length += lines.Length;
        _fresh.Add(rows, Length - lines.Length);
    }

    /// <summary>The first rows behind a place; those of an earlier process, and of a file that was full, from the disk.</summary>
    public SpooledRows Read(long from, int most)
    {
        if (_fresh.From(from, most) is { } fresh) return fresh;
        var bytes = new byte[Length - from];
        using (var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            file.Position = from;
            file.ReadExactly(bytes);
        }

        var rows = new List<LedgerRow>();
        var (at, damaged) = (0, 0);
        while (at < bytes.Length && rows.Count < most)
        {
            var rest = bytes.AsSpan(at);
            var end = rest.IndexOf(EndOfLine);
            var line = end < 0 ? rest : rest[..end];
            at += end < 0 ? rest.Length : end + 1;
            if (line.IsEmpty) continue;
            if (RowJson.Read(line) is { } row) rows.Add(row);
            else damaged++;
        }

        return new SpooledRows(rows, damaged, from + at);
    }

    /// <summary>Nobody will read again what ends there or before.</summary>
    public void Forget(long end) => _fresh.Forget(end);

    /// <summary>Its rows are not needed any more, its room is.</summary>
    /// <exception cref="IOException">They are still in it.</exception>
    public void Clear()
    {
        _file ??= Open(Path, FileMode.Open, room: 0);
        _file.Position = 0;
        var blanks = new byte[Length];
        blanks.AsSpan().Fill(EndOfLine);
        _file.Write(blanks);
        (_torn, Length) = (false, 0);
    }

    public void Delete()
    {
        Dispose();
        File.Delete(Path);
    }

    /// <summary>It may still be read.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
        _fresh.ForgetAll();
    }

    /// <summary>Sought from the end: as a rule the last block has it.</summary>
    /// <returns>What stands behind it are blank lines.</returns>
    private static long EndOfRows(FileStream file)
    {
        var block = new byte[BlockBytes];
        for (var unread = file.Length; unread > 0;)
        {
            var next = block.AsSpan(0, (int)Math.Min(unread, block.Length));
            unread -= next.Length;
            file.Position = unread;
            file.ReadExactly(next);
            var last = next.LastIndexOfAnyExcept(EndOfLine);
            if (last >= 0) return unread + last + 1;
        }

        return 0;
    }

    private static FileStream Open(string path, FileMode mode, long room) => new(path, new FileStreamOptions
    {
        Mode = mode, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0, PreallocationSize = room,
    });
}
