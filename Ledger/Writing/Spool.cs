using System.Globalization;
using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Ledger.Writing;

/// <summary>
/// Rows on their way to the database, one JSON line each, in numbered files of a folder. A row that was appended outlives the process. What
/// was stored is forgotten; a crash between the two stores it once more, which the database ignores.
/// </summary>
internal sealed class Spool : IDisposable
{
    private const long SegmentBytes = 1 << 20;
    private const string Ending = ".jsonl";

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly Queue<Segment> _segments = new();
    private Segment? _open;
    private FileStream? _file;
    private long _lastNumber;
    private long _bytes;
    private long _read;

    public Spool(string folder, long maxBytes)
    {
        (_folder, _maxBytes) = (folder, maxBytes);
        Directory.CreateDirectory(folder);
        // What an earlier process has left. It is never appended to: its last line may be torn.
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Ending))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) _lastNumber = Math.Max(_lastNumber, number);
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*" + Ending).Order(StringComparer.Ordinal))
        {
            var left = new Segment(path) { Length = new FileInfo(path).Length };
            _segments.Enqueue(left);
            _bytes += left.Length;
        }
    }

    /// <summary>What waits.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return _bytes;
        }
    }

    /// <summary>Nothing waits.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate) return _bytes == 0;
        }
    }

    /// <returns>How many of the rows were taken, from the first; the spool is full for the rest.</returns>
    public int Append(IReadOnlyList<LedgerRow> rows)
    {
        using var lines = new MemoryStream();
        lock (_gate)
        {
            var taken = 0;
            for (; taken < rows.Count; taken++)
            {
                var before = lines.Length;
                RowJson.Write(lines, rows[taken]);
                lines.WriteByte((byte)'\n');
                if (_bytes + lines.Length <= _maxBytes) continue;
                lines.SetLength(before);
                break;
            }

            if (lines.Length > 0) Write(lines);
            return taken;
        }
    }

    /// <summary>The oldest rows, which stay until <see cref="Forget"/>. One reader.</summary>
    /// <returns>Null: there are none.</returns>
    public SpooledRows? Read(int most)
    {
        lock (_gate)
        {
            while (_segments.TryPeek(out var segment))
            {
                if (_read >= segment.Length)
                {
                    if (segment == _open) return null;
                    Drop(segment);
                    continue;
                }

                return Lines(segment, most);
            }

            return null;
        }
    }

    /// <summary>The rows are stored.</summary>
    public void Forget(SpooledRows rows)
    {
        lock (_gate)
        {
            _bytes -= rows.End - _read;
            _read = rows.End;
            if (!_segments.TryPeek(out var segment) || _read < segment.Length) return;
            if (segment == _open) CloseOpen();
            Drop(segment);
        }
    }

    public void Dispose()
    {
        lock (_gate) CloseOpen();
    }

    private void Write(MemoryStream lines)
    {
        if (_open?.Length >= SegmentBytes) CloseOpen();
        if (_open is null)
        {
            var path = Path.Combine(_folder, (_lastNumber + 1).ToString("D12", CultureInfo.InvariantCulture) + Ending);
            _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
            _lastNumber++;
            _segments.Enqueue(_open = new Segment(path));
        }

        try
        {
            lines.WriteTo(_file!);
            _open.Length += lines.Length;
            _bytes += lines.Length;
        }
        catch (IOException)
        {
            // Half a line may be in the file, behind what counts as its length; the next rows get a file without one.
            CloseOpen();
            throw;
        }
    }

    private SpooledRows Lines(Segment segment, int most)
    {
        var bytes = new byte[segment.Length - _read];
        using (var file = new FileStream(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            file.Position = _read;
            file.ReadExactly(bytes);
        }

        var rows = new List<LedgerRow>();
        var (at, damaged) = (0, 0);
        while (at < bytes.Length && rows.Count < most)
        {
            var rest = bytes.AsSpan(at);
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            at += end < 0 ? rest.Length : end + 1;
            if (RowJson.Read(line) is { } row) rows.Add(row);
            else damaged++;
        }

        return new SpooledRows(rows, damaged, _read + at);
    }

    private void Drop(Segment segment)
    {
        File.Delete(segment.Path);
        _segments.Dequeue();
        _read = 0;
    }

    private void CloseOpen()
    {
        _file?.Dispose();
        (_file, _open) = (null, null);
    }

    private sealed class Segment(string path)
    {
        public string Path => path;

        public long Length { get; set; }
    }
}

/// <param name="Damaged">Lines that are no rows: torn by a crash.</param>
/// <param name="End">Where in the oldest file they end.</param>
internal sealed record SpooledRows(IReadOnlyList<LedgerRow> Rows, int Damaged, long End);
