using System.Diagnostics;
using System.Globalization;

namespace OrleansLlm.Bench.Gateways;

/// <summary>What the kernel says of processes: the figures that hold on a noisy machine.</summary>
internal static class ProcessFigures
{
    /// <summary>User and system time of all of them.</summary>
    public static TimeSpan Cpu(IEnumerable<int> processes) => processes.Aggregate(TimeSpan.Zero, (sum, id) => sum + Of(id, p => p.TotalProcessorTime));

    public static TimeSpan OwnCpu() => Cpu([Environment.ProcessId]);

    /// <summary>Resident now. Pages shared by several processes count in each.</summary>
    public static long Resident(IEnumerable<int> processes) => processes.Sum(id => Of(id, p => p.WorkingSet64));

    /// <summary>The most that was resident since <see cref="ForgetPeak"/>; without Linux, what is resident now.</summary>
    public static long PeakResident(IReadOnlyCollection<int> processes) =>
        OperatingSystem.IsLinux() ? processes.Sum(id => Kilobytes(id, "VmHWM:") * 1024) : Resident(processes);

    public static void ForgetPeak(IEnumerable<int> processes)
    {
        if (!OperatingSystem.IsLinux()) return;
        foreach (var id in processes)
        {
            try
            {
                File.WriteAllText($"/proc/{id}/clear_refs", "5");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's: its peak is that of its whole life.
            }
        }
    }

    /// <summary>A process and those that it has started, as the workers of nginx.</summary>
    public static IReadOnlyList<int> WithChildren(int id)
    {
        var path = $"/proc/{id}/task/{id}/children";
        return File.Exists(path) ? [id, .. File.ReadAllText(path).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(child => int.Parse(child, CultureInfo.InvariantCulture))] : [id];
    }

    private static T Of<T>(int id, Func<Process, T> read)
    {
        using var process = Process.GetProcessById(id);
        return read(process);
    }

    private static long Kilobytes(int id, string name)
    {
        var line = File.ReadLines($"/proc/{id}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..^2].Trim(), CultureInfo.InvariantCulture);
    }
}
