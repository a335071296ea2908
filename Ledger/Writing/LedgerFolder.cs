namespace OrleansLlm.Ledger.Writing;

/// <summary>The ledger's place in the data folder, which several nodes of one machine may share.</summary>
internal sealed class LedgerFolder : IDisposable
{
    private readonly ClaimedName _claim;

    private LedgerFolder(ClaimedName claim) => _claim = claim;

    /// <summary>Path without an ending.</summary>
    public string Name => _claim.PathOf("ledger");

    public string Database => Name + ".db";

    public string Spool => Name + "-spool";

    /// <exception cref="IOException">The folder cannot be used.</exception>
    public static LedgerFolder Claim(string dataFolder)
    {
        try
        {
            return new LedgerFolder(ClaimedName.Claim(dataFolder, "ledger"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--data (else DATA_DIR): the ledger's files cannot be kept in '{dataFolder}': {e.Message}", e);
        }
    }

    public void Dispose() => _claim.Dispose();
}
