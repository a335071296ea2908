using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>
/// One engine for one file: with two, each would hold its own activation of the same grain. A file beside it is held locked by
/// the operating system, which lets go of it however the process ends.
/// </summary>
internal sealed class SqliteLock : IDisposable
{
    private readonly FileStream _held;

    private SqliteLock(FileStream held) => _held = held;

    public static SqliteLock Take(string path)
    {
        try
        {
            return new(new FileStream(path + "-lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new OrleansException($"The grain state file '{path}' cannot be used: its directory does not exist.", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new OrleansException($"The grain state file '{path}' cannot be used: its directory is read-only.", exception);
        }
        catch (IOException exception)
        {
            throw new OrleansException($"The grain state file '{path}' cannot be used: another process holds it locked, or its disk fails.", exception);
        }
    }

    public void Dispose() => _held.Dispose();
}
