using System.Diagnostics;
using System.Globalization;

namespace OrleansLlm.Bench.Fuzz;

/// <summary>What the process holds, from time to time, and how that changes with the cases done.</summary>
internal sealed class Growth
{
    private readonly List<Sample> _samples = [];

    /// <param name="grains">In memory.</param>
    /// <param name="settle">Whether garbage is collected first, so that what is left is held.</param>
    public void Take(long done, int grains, bool settle)
    {
        if (settle)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }

        using var process = Process.GetCurrentProcess();
        var handles = Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : process.HandleCount;
        _samples.Add(new Sample(done, process.WorkingSet64 / 1e6, GC.GetTotalMemory(forceFullCollection: false) / 1e6, handles, process.Threads.Count, grains));
    }

    public void Print(TextWriter to)
    {
        to.WriteLine("     cases   RSS, MB   heap, MB   handles   threads    grains");
        foreach (var s in _samples) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{s.Done,10}{s.Resident,10:F0}{s.Heap,11:F1}{s.Handles,10}{s.Threads,10}{s.Grains,10}"));
        var late = _samples.Where(s => s.Done >= _samples[^1].Done / 2).ToList();
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"in the second half: {Slope(late, s => s.Resident):F1} MB of RSS and {Slope(late, s => s.Heap):F1} MB of heap for 10,000 cases more"));
    }

    /// <summary>By least squares, for 10,000 cases.</summary>
    private static double Slope(List<Sample> samples, Func<Sample, double> of)
    {
        if (samples.Count < 2) return 0;
        var (meanX, meanY) = (samples.Average(s => s.Done), samples.Average(of));
        var spread = samples.Sum(s => (s.Done - meanX) * (s.Done - meanX));
        return spread == 0 ? 0 : 10_000 * samples.Sum(s => (s.Done - meanX) * (of(s) - meanY)) / spread;
    }

    private sealed record Sample(long Done, double Resident, double Heap, int Handles, int Threads, int Grains);
}
