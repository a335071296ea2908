namespace OrleansLlm.Ledger.Writing;

/// <summary>
/// The ledger's place in the data folder. Several nodes of one machine may share that: the first has <c>ledger</c>, the next <c>ledger-2</c>
/// and so on, each as long as it lives, and the next process to come finds what it has left.
/// </summary>
internal sealed class LedgerFolder : IDisposable
{
    private const int MostNodes = 100;
    private readonly FileStream _held;

    private LedgerFolder(FileStream held, string name) => (_held, Name) = (held, name);

    /// <summary>Path without an ending.</summary>
    public string Name { get; }

    public string Database => Name + ".db";

    public string Spool => Name + "-spool";

    /// <exception cref="IOException">The folder cannot be used.</exception>
    public static LedgerFolder Claim(string dataFolder)
    {
        try
        {
            return ClaimFirst(dataFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--data (else DATA_DIR): the ledger's files cannot be kept in '{dataFolder}': {e.Message}", e);
        }
    }

    public void Dispose() => _held.Dispose();

    private static LedgerFolder ClaimFirst(string dataFolder)
    {
        Directory.CreateDirectory(dataFolder);
        for (var number = 1; ; number++)
        {
            var name = Path.Combine(dataFolder, number == 1 ? "ledger" : $"ledger-{number}");
            try
            {
                return new LedgerFolder(new FileStream(name + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), name);
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException) && number < MostNodes)
            {
                // Another process has it.
            }
        }
    }
}
