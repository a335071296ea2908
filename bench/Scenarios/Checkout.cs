using System.ComponentModel;
using System.Diagnostics;

namespace OrleansLlm.Bench.Scenarios;

/// <summary>Which state of the sources is measured.</summary>
internal static class Checkout
{
    public static string? Commit()
    {
        var commit = Output("git", "rev-parse", "--short=10", "HEAD");
        return commit is null ? null : Output("git", "status", "--porcelain") is null ? commit : commit + "+";
    }

    /// <summary>What a program prints; null if nothing, or if there is no such program.</summary>
    public static string? Output(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = AppContext.BaseDirectory, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
            process.WaitForExit();
            return process.ExitCode == 0 && output.Trim() is { Length: > 0 } text ? text : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
