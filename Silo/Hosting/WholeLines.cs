namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// A line of the log goes out in one write. The runtime's own writer hands on 256 bytes at a time: that was three writes a request, between which
/// another process with the same output could write its own.
/// </summary>
internal static class WholeLines
{
    /// <summary>Longer than the line of a request; longer lines take several writes.</summary>
    private const int Characters = 4096;

    public static void Begin() =>
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), Console.Out.Encoding, Characters) { AutoFlush = true });
}
