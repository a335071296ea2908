using System.Runtime.InteropServices;

namespace OrleansLlm.Bench.Report;

/// <summary>The machine of a run, without its name.</summary>
internal sealed record MachineFacts(string Cpu, int Cores, long MemoryMb, string System, string Runtime)
{
    public static MachineFacts Here() => new(
        Value("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(), Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1_000_000, RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription);

    private static string? Value(string file, string name) =>
        File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() : null;
}
