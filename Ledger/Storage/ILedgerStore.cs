namespace OrleansLlm.Ledger.Storage;

/// <summary>A database of rows. Every call may be repeated: a request's row is stored once.</summary>
internal interface ILedgerStore : ILedgerReader, IAsyncDisposable
{
    /// <summary>Makes or completes the schema. Needed once before anything else.</summary>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>All of them or none.</summary>
    Task InsertAsync(IReadOnlyList<LedgerRow> rows, CancellationToken cancellationToken);

    /// <summary>Takes its time, but not for ever, while rows wait that are to be stored.</summary>
    /// <returns>False: there are more of them.</returns>
    Task<bool> DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken);

    /// <summary>The database does well and will never take one of these rows.</summary>
    bool IsFaultOfRows(Exception exception);
}
