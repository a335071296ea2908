namespace OrleansLlm.Ledger.Writing;

/// <summary>The last rows of a file of the spool, which are in memory still and need not be read back. As many as the file has at most. Not thread-safe.</summary>
internal sealed class FreshRows
{
    private readonly Queue<(LedgerRow Row, long End)> _rows = new();
    private long _start;
    private long _end;

    /// <summary>They are in the file.</summary>
    /// <param name="rows">Each with the place where it ends, counted from <paramref name="at"/>.</param>
    /// <param name="at">Where in the file the first of them begins.</param>
    public void Add(IReadOnlyList<(LedgerRow Row, int End)> rows, long at)
    {
        if (at != _end)
        {
            _rows.Clear();
            _start = at;
        }

        foreach (var (row, end) in rows) _rows.Enqueue((row, _end = at + end));
    }

    /// <returns>Null: they have to be read.</returns>
    public SpooledRows? From(long at, int most)
    {
        if (at != _start || _rows.Count == 0) return null;
        var next = _rows.Take(most).ToList();
        return new SpooledRows([.. next.Select(r => r.Row)], Damaged: 0, next[^1].End);
    }

    /// <summary>Those that end there or before.</summary>
    public void Forget(long end)
    {
        while (_rows.TryPeek(out var first) && first.End <= end) _start = _rows.Dequeue().End;
    }

    public void ForgetAll() => Forget(_end);
}
