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
        for (var number = 1; ; number++)
        {
            var mark = PathOf(folder, name, number) + ".lock";
            try
            {
                return new ClaimedName(new FileStream(mark, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), folder, number);
            }
            catch (IOException) when (number < MostProcesses && File.Exists(mark))
            {
                // Another process has it.
            }
        }
    }

    /// <summary>Path without an ending, of the name that was claimed or of one that goes with it.</summary>
    public string PathOf(string name) => PathOf(_folder, name, _number);

    public void Dispose() => _held.Dispose();

    private static string PathOf(string folder, string name, int number) =>
        Path.Combine(folder, number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"));
}
