using System.Runtime.InteropServices;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// What the process writes (grain state, ledger, spool, audit log) is for its own user alone: folders 0700, files 0600. Said once to the system, so that it
/// holds for the files that SQLite makes as well. What is there already keeps its mode.
/// </summary>
internal static class PrivateFiles
{
    private const uint NobodyElse = 0b_000_111_111;

    public static void Only()
    {
        if (!OperatingSystem.IsWindows()) SetMask(NobodyElse);
    }

    [DllImport("libc", EntryPoint = "umask", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint SetMask(uint mask);
}
