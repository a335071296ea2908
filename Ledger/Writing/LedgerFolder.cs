namespace OrleansLlm.Ledger.Writing;

/// <summary>The ledger's place in the data folder, which several nodes of one machine may share.</summary>
internal sealed class LedgerFolder : IDisposable
{
    private const string Own = "ledger";
    private const string SpoolEnding = "-spool";

    private readonly ClaimedName _claim;

    private LedgerFolder(ClaimedName claim) => _claim = claim;

    /// <summary>Path without an ending.</summary>
    public string Name => _claim.PathOf(Own);

    public string Database => Name + ".db";

    public string Spool => Name + SpoolEnding;

    /// <exception cref="IOException">The folder cannot be used.</exception>
    public static LedgerFolder Claim(string dataFolder)
    {
        try
        {
            return new LedgerFolder(ClaimedName.Claim(dataFolder, Own));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--data (else DATA_DIR): the ledger's files cannot be kept in '{dataFolder}': {e.Message}", e);
        }
    }

    /// <summary>The other places that have a spool, by their numbers.</summary>
    public IEnumerable<int> OtherSpools() => _claim.Others.Where(n => Directory.Exists(SpoolOf(n)));

    public string SpoolOf(int other) => _claim.PathOf(Own, other) + SpoolEnding;

    /// <summary>The place of a process that is gone.</summary>
    /// <returns>Null: it lives.</returns>
    public LedgerFolder? TryClaimOther(int other) => _claim.TryClaimOther(Own, other) is { } claim ? new LedgerFolder(claim) : null;

    public void Dispose() => _claim.Dispose();
}
