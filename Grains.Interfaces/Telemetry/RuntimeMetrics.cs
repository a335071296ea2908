using System.Diagnostics.Metrics;

namespace OrleansLlm.Telemetry;

/// <summary>What a process that leaks has more and more of. By the names of Prometheus' clients and of .NET's own meter.</summary>
public sealed class RuntimeMetrics : IDisposable
{
    /// <summary>By which both engines tell how many grains are in memory.</summary>
    private const string EngineMeter = "Microsoft.Orleans", Activations = "orleans-catalog-activations";

    private const string OpenFiles = "/proc/self/fd";

    private readonly MeterListener _engine = new();
    private readonly Lock _asking = new();
    private long _grains;

    public RuntimeMetrics(MetricSet set)
    {
        _engine.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == EngineMeter && instrument.Name == Activations) listener.EnableMeasurementEvents(instrument);
        };
        _engine.SetMeasurementEventCallback<int>((_, count, _, _) => _grains += count);
        _engine.Start();
        set.Observed("orleansllm_grains", MetricKind.Gauge, "", "Grains in the memory of this process", CountGrains);
        set.Observed("process_open_fds", MetricKind.Gauge, "", "Open files and sockets; 0 where the system does not tell", CountFiles);
        set.Observed("process_num_threads", MetricKind.Gauge, "", "Threads of the operating system", CountThreads);
        set.Observed("dotnet.timer.count", MetricKind.Gauge, "", "Timers that are armed", () => Timer.ActiveCount);
        set.Observed("dotnet.gc.last_collection.heap.size", MetricKind.Gauge, "By", "Managed heap after the last collection", () => GC.GetGCMemoryInfo().HeapSizeBytes);
    }

    public void Dispose() => _engine.Dispose();

    /// <summary>Of all engines in this process, which are several in tests only.</summary>
    private double CountGrains()
    {
        lock (_asking)
        {
            _grains = 0;
            _engine.RecordObservableInstruments();
            return _grains;
        }
    }

    private static double CountFiles() => Directory.Exists(OpenFiles) ? Directory.EnumerateFileSystemEntries(OpenFiles).Count() : 0;

    private static double CountThreads()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
