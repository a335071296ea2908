using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace OrleansLlm.Bench.Endurance;

/// <summary>The gateway's data folder, which can be full or read-only (a file system of its own in memory, where that may be mounted) and locked.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int Megabytes = 48;

    private readonly string _ballast;

    public SmallDisk(string folder)
    {
        Folder = Directory.CreateDirectory(folder).FullName;
        _ballast = Path.Combine(Folder, "ballast");
        CanBeFull = Run("mount", $"-t tmpfs -o size={Megabytes}m orleansllm-chaos {Folder}");
    }

    public string Folder { get; }

    /// <summary>Whether mounting is permitted here.</summary>
    public bool CanBeFull { get; }

    public void Fill()
    {
        if (!CanBeFull) return;
        var bytes = new byte[1 << 16];
        using var file = new FileStream(_ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) file.Write(bytes);
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    public void Empty() => File.Delete(_ballast);

    /// <summary>For so long, if nobody has a file open there to write: the system does not make it read-only under a process that has.</summary>
    /// <returns>Ends when it is writable again.</returns>
    public async Task BeReadOnlyAsync(TimeSpan time)
    {
        if (!CanBeFull || !Run("mount", $"-o remount,ro {Folder}")) return;
        await Task.Delay(time, TimeProvider.System);
        Run("mount", $"-o remount,rw {Folder}");
    }

    /// <summary>Until it is disposed nobody else writes the grains' state.</summary>
    public IDisposable Lock()
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(Folder, "orleansllm.db"), Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            using var begin = connection.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            begin.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // Full, or just being made anew: then it is unwritable without our help.
        }

        return connection;
    }

    public void Dispose()
    {
        if (CanBeFull) Run("umount", $"-l {Folder}");
    }

    private static bool Run(string program, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
