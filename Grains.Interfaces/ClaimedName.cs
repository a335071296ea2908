using System.Globalization;

namespace OrleansLlm;

/// <summary>
/// A name for files in a folder that several processes of one machine may share: the first has the name as it is, the next <c>name-2</c> and so
/// on, each as long as it lives, and the next process to come finds what it has left.
/// </summary>
public sealed class ClaimedName : IDisposable
{
    private const int MostProcesses = 100;
    private readonly FileStream _held;
    private readonly string _folder;
    private readonly int _number;

    private ClaimedName(FileStream held, string folder, int number) => (_held, _folder, _number) = (held, folder, number);

    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static ClaimedName Claim(string folder, string name)
    {
        Directory.CreateDirectory(folder);
        for (var number = 1; number < MostProcesses; number++)
        {
            if (TryClaim(folder, name, number) is { } free) return free;
        }

        return Claim(folder, name, MostProcesses);
    }

    /// <summary>Every other number that a process may have, or have had.</summary>
    public IEnumerable<int> Others => Enumerable.Range(1, MostProcesses).Where(n => n != _number);

    /// <summary>What a process has left that is gone. Nobody else has it until this is disposed of.</summary>
    /// <returns>Null: its process lives.</returns>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public ClaimedName? TryClaimOther(string name, int number) => TryClaim(_folder, name, number);

    /// <summary>Path without an ending, of the name that was claimed or of one that goes with it.</summary>
    public string PathOf(string name) => PathOf(name, _number);

    /// <summary>That of another number.</summary>
    public string PathOf(string name, int number) => PathOf(_folder, name, number);

    public void Dispose() => _held.Dispose();

    private static ClaimedName? TryClaim(string folder, string name, int number)
    {
        try
        {
            return Claim(folder, name, number);
        }
        catch (IOException) when (File.Exists(MarkOf(folder, name, number)))
        {
            // Another process has it.
            return null;
        }
    }

    private static ClaimedName Claim(string folder, string name, int number) =>
        new(new FileStream(MarkOf(folder, name, number), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), folder, number);

    private static string MarkOf(string folder, string name, int number) => PathOf(folder, name, number) + ".lock";

    private static string PathOf(string folder, string name, int number) =>
        Path.Combine(folder, number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"));
}
