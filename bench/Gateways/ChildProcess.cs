using System.Diagnostics;

namespace OrleansLlm.Bench.Gateways;

/// <summary>A process of the bench's whose output goes into a file: a pipe would be the bench's own work.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly string _log;

    private ChildProcess(Process process, string log) => (_process, _log) = (process, log);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it has written, whose end says why it failed.</summary>
    public string Output => File.Exists(_log) ? File.ReadAllText(_log) : "";

    /// <param name="environment">Besides the bench's own; null takes a variable away.</param>
    public static ChildProcess Start(string folder, string log, string program, IEnumerable<string> arguments, params IEnumerable<(string Name, string? Value)> environment)
    {
        // exec: the process that is measured is the program, not a shell.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1", "sh", log, program, .. arguments]) { WorkingDirectory = folder };
        foreach (var name in SocketSettings.Names) start.Environment.Remove(name);
        foreach (var (name, value) in environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        return new ChildProcess(Process.Start(start)!, log);
    }

    /// <summary>SIGTERM, and SIGKILL for one that does not care.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var term = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
            await _process.WaitForExitAsync(patience.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
