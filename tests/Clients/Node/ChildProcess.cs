using System.ComponentModel;
using System.Diagnostics;

namespace OrleansLlm.Tests.Clients.Node;

/// <summary>A program run to its end, its output kept.</summary>
internal static class ChildProcess
{
    /// <returns>Null when there is no such program; no exit code when it was killed at the limit.</returns>
    public static async Task<(int? ExitCode, string Output)?> RunAsync(
        string program, string[] arguments, string folder, TimeSpan limit, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return null;
        }

        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var late = new CancellationTokenSource(limit, TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (null, $"{program} was not done after {limit.TotalSeconds} s.\n{await output}{await errors}");
        }

        return (process.ExitCode, await output + await errors);
    }
}
