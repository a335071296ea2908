using System.Globalization;

namespace OrleansLlm.Ledger.Writing;

/// <summary>
/// Rows on their way to the database, one JSON line each, in numbered files of a folder. A row that was appended outlives the process. What
/// was stored is forgotten; a crash between the two stores it once more, which the database ignores. The rows of the newest file are in memory besides: the disk is read
/// only for what an earlier process or an earlier file has left.
/// </summary>
internal sealed class Spool : IDisposable
{
    /// <summary>Of a file. As much is reserved on the disk as long as the process lives: some 2,000 rows.</summary>
    public const long SegmentBytes = 1 << 20;

    private const string Ending = ".jsonl";

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly Queue<SpoolSegment> _segments = new();
    private readonly RowLines _lines = new();
    private SpoolSegment? _open;
    private long _lastNumber;
    private long _bytes;
    private long _read;

    public Spool(string folder, long maxBytes)
    {
        (_folder, _maxBytes) = (folder, maxBytes);
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Ending))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) _lastNumber = Math.Max(_lastNumber, number);
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*" + Ending).Order(StringComparer.Ordinal))
        {
            // The newest goes on, with the room that is reserved in it.
            _segments.Enqueue(_open = SpoolSegment.Left(path));
            _bytes += _open.Length;
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

    /// <summary>Reserves the room of the first rows before there are any, while there is room.</summary>
    public void Reserve()
    {
        lock (_gate)
        {
            try
            {
                _ = _open ?? Begin();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Who has rows will say so.
            }
        }
    }

    /// <returns>How many of the rows were taken, from the first; the spool is full for the rest.</returns>
    public int Append(IReadOnlyList<LedgerRow> rows)
    {
        var taken = new List<(LedgerRow Row, int End)>(rows.Count);
        lock (_gate)
        {
            _lines.Clear();
            foreach (var row in rows)
            {
                var end = _lines.Add(row);
                if (_bytes + end > _maxBytes) break;
                taken.Add((row, end));
            }

            if (taken.Count > 0) Write(_lines.Written[..taken[^1].End], taken);
            return taken.Count;
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
                if (_read < segment.Length) return segment.Read(_read, most);
                if (segment == _open) return null;
                Drop(segment);
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
            if (!_segments.TryPeek(out var segment)) return;
            segment.Forget(_read);
            if (_read < segment.Length) return;
            if (segment == _open) Clear(segment);
            else Drop(segment);
        }
    }

    /// <summary>What nobody needs is not left behind.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_bytes == 0 && _segments.Count == 1) _open?.Delete();
            foreach (var segment in _segments) segment.Dispose();
        }
    }

    private void Write(ReadOnlySpan<byte> lines, List<(LedgerRow Row, int End)> rows)
    {
        var segment = _open?.Length < SegmentBytes ? _open : Begin();
        var before = segment.Length;
        segment.Append(lines, rows);
        _bytes += segment.Length - before;
    }

    private SpoolSegment Begin()
    {
        var path = Path.Combine(_folder, (_lastNumber + 1).ToString("D12", CultureInfo.InvariantCulture) + Ending);
        var segment = SpoolSegment.Make(path, Math.Min(SegmentBytes, _maxBytes));
        _lastNumber++;
        _segments.Enqueue(segment);
        // The one before is only read from now on.
        _open?.Dispose();
        return _open = segment;
    }

    /// <summary>Everything that waited is stored: its room is for what comes next.</summary>
    private void Clear(SpoolSegment segment)
    {
        try
        {
            segment.Clear();
            _read = 0;
        }
        catch (IOException)
        {
            // A file system that writes nothing in place, and is full.
            _open = null;
            Drop(segment);
        }
    }

    private void Drop(SpoolSegment segment)
    {
        segment.Delete();
        _segments.Dequeue();
        _read = 0;
    }
}
