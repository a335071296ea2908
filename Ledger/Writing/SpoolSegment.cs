using System.Buffers;
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
    private Stream? _file;
    private long _end;
    private bool _torn;

    private SpoolSegment(string path, Stream? file) => (Path, _file) = (path, file);

    public string Path { get; }

    /// <summary>Of its rows, in bytes.</summary>
    public long Length { get; private set; }

    /// <param name="room">To be reserved, in bytes; none where so much is not to be had.</param>
    /// <param name="disk">What the file is written through; null: nothing.</param>
    /// <exception cref="IOException">The disk is full, or broken.</exception>
    public static SpoolSegment Make(string path, long room, Func<Stream, Stream>? disk = null)
    {
        FileStream file;
        try
        {
            file = Open(path, FileMode.CreateNew, room);
        }
        catch (IOException) when (!File.Exists(path))
        {
            // Perhaps a little is.
            file = Open(path, FileMode.CreateNew, room: 0);
        }

        return new SpoolSegment(path, disk?.Invoke(file) ?? file);
    }

    /// <summary>As an earlier process has left it. A crash may have torn its last line.</summary>
    public static SpoolSegment Left(string path)
    {
        using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0 });
        var end = EndOfRows(file);
        var torn = end > 0 && end == file.Length;
        var length = end == 0 || torn ? end : end + 1;
        return new SpoolSegment(path, null) { Length = length, _end = length, _torn = torn };
    }

    /// <param name="rows">Those of the lines, each with the place where it ends in them.</param>
    /// <exception cref="IOException">They are not in it; there may be half a line behind <see cref="Length"/>, until something is written again.</exception>
    public void Append(ReadOnlySpan<byte> lines, IReadOnlyList<(LedgerRow Row, int End)> rows)
    {
        _file ??= Open(Path, FileMode.Open, room: 0);
        if (_end > Length) Blank(Length);
        _file.Position = Length;
        if (_torn)
        {
            _file.WriteByte(EndOfLine);
            (_torn, Length) = (false, Length + 1);
        }

        _end = Length + lines.Length;
        _file.Write(lines);
        Length = _end;
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
        Blank(0);
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

    /// <summary>From a place to where something may have been written; at once, so that hardly a kill leaves half a line.</summary>
    private void Blank(long from)
    {
        var length = (int)Math.Max(0, _end - from);
        var blanks = ArrayPool<byte>.Shared.Rent(length);
        blanks.AsSpan(0, length).Fill(EndOfLine);
        _file!.Position = from;
        _file.Write(blanks, 0, length);
        ArrayPool<byte>.Shared.Return(blanks);
        _end = from;
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
