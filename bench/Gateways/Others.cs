using System.Diagnostics;
using System.Globalization;

namespace OrleansLlm.Bench.Gateways;

/// <summary>A gateway that somebody else has started: <c>--versus NAME=URL</c>. It forwards the models <c>m</c> and <c>one</c> to the simulator.</summary>
internal static class Others
{
    /// <exception cref="FormatException">Not NAME=URL.</exception>
    public static Target Parse(string text, string key)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0 || !Uri.TryCreate(text[(at + 1)..], UriKind.Absolute, out var address) || address.Scheme != "http") throw new FormatException($"--versus: expected NAME=http://…, not {text}.");
        return new Target(text[..at], (_, _) => address, key) { Processes = ListeningAt(address.Port) };
    }

    /// <summary>The processes of this machine that listen at a port, by the kernel's tables: their CPU is the gateway's. None where that is not known.</summary>
    private static int[] ListeningAt(int port)
    {
        if (!OperatingSystem.IsLinux()) return [];
        var hex = port.ToString("X4", CultureInfo.InvariantCulture);
        var sockets = ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).Where(File.Exists).SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => columns.Length > 9 && columns[1].EndsWith(':' + hex, StringComparison.Ordinal) && columns[3] == "0A")
            .Select(columns => $"socket:[{columns[9]}]").ToHashSet();
        return [.. Process.GetProcesses().Select(p => p.Id).Where(id => OpenFiles(id).Any(sockets.Contains))];
    }

    private static IEnumerable<string> OpenFiles(int process)
    {
        try
        {
            return [.. Directory.GetFiles($"/proc/{process}/fd").Select(f => new FileInfo(f).LinkTarget ?? "")];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
