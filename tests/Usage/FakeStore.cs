using OrleansLlm.Ledger;
using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Tests.Usage;

/// <summary>A database that fails when told to, and that knows one row which it will never take.</summary>
internal sealed class FakeStore : ILedgerStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LedgerRow> _rows = [];
    private readonly List<int> _batches = [];

    private int _opens;

    public volatile bool Away;

    public string Why { get; set; } = "The database is away.";

    /// <summary>How often it was to be opened.</summary>
    public int Opens => Volatile.Read(ref _opens);

    public string? Refused { get; set; }

    /// <summary>Every insertion waits for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public int Tries { get; private set; }

    /// <summary>So many insertions fail, the first ones.</summary>
    public int Failing { get; set; }

    public DateTimeOffset? Swept { get; private set; }

    public string[] Ids
    {
        get
        {
            lock (_gate) return [.. _rows.Keys];
        }
    }

    public int[] Batches
    {
        get
        {
            lock (_gate) return [.. _batches];
        }
    }

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _opens);
        return Away ? throw Fail() : Task.CompletedTask;
    }

    public async Task InsertAsync(IReadOnlyList<LedgerRow> rows, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken);
        lock (_gate)
        {
            Tries++;
            if (Away || Tries <= Failing) throw Fail();
            if (rows.Any(r => r.RequestId == Refused)) throw new ArgumentException("This row is none.");
            _batches.Add(rows.Count);
            foreach (var row in rows) _rows[row.RequestId] = row;
        }
    }

    public int Sweeps { get; private set; }

    /// <summary>So many times there are more rows to delete.</summary>
    public int SweepsLeft { get; set; }

    public Task<bool> DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        Swept = time;
        Sweeps++;
        return Task.FromResult(Sweeps > SweepsLeft);
    }

    public bool IsFaultOfRows(Exception exception) => exception is ArgumentException;

    public Task<IReadOnlyList<LedgerRow>> FindAsync(LedgerQuery query, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<LedgerDay>> SumDaysAsync(LedgerQuery query, int most, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<LedgerSum>> SumAsync(LedgerQuery query, LedgerGrouping by, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private InvalidOperationException Fail() => new(Why);
}
