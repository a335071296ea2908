namespace OrleansLlm.Ledger.Storage;

/// <summary>A ledger whose calls block, on threads of its own: one that writes, and two for questions, so that a long one does not keep a short one waiting.</summary>
internal sealed class ThreadedLedger(ILedgerStore ledger) : ILedgerStore
{
    private const int Readers = 2;

    private readonly BlockingThreads _writer = new("Ledger writer", 1);
    private readonly BlockingThreads _readers = new("Ledger reader", Readers);

    public Task OpenAsync(CancellationToken cancellationToken) => _writer.RunAsync(() => ledger.OpenAsync(cancellationToken), cancellationToken);

    public Task InsertAsync(IReadOnlyList<LedgerRow> rows, CancellationToken cancellationToken) =>
        _writer.RunAsync(() => ledger.InsertAsync(rows, cancellationToken), cancellationToken);

    public Task<bool> DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken) =>
        _writer.RunAsync(() => ledger.DeleteBeforeAsync(time, cancellationToken), cancellationToken);

    public bool IsFaultOfRows(Exception exception) => ledger.IsFaultOfRows(exception);

    public Task<IReadOnlyList<LedgerRow>> FindAsync(LedgerQuery query, CancellationToken cancellationToken = default) =>
        _readers.RunAsync(() => ledger.FindAsync(query, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<LedgerSum>> SumAsync(LedgerQuery query, LedgerGrouping by, CancellationToken cancellationToken = default) =>
        _readers.RunAsync(() => ledger.SumAsync(query, by, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<LedgerDay>> SumDaysAsync(LedgerQuery query, int most, CancellationToken cancellationToken = default) =>
        _readers.RunAsync(() => ledger.SumDaysAsync(query, most, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _writer.RunAsync(() => ledger.DisposeAsync().AsTask(), CancellationToken.None);
        _writer.Dispose();
        _readers.Dispose();
    }
}
