using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansLlm.Telemetry;

/// <summary>
/// The process itself, and what one that leaks has more and more of. By the names of Prometheus' clients, and of .NET's own meter with underscores.
/// </summary>
public sealed class ProcessMetrics : IDisposable
{
    /// <summary>By which both engines tell how many grains are in memory.</summary>
    private const string EngineMeter = "Microsoft.Orleans", Activations = "orleans-catalog-activations";

    private const string OpenFiles = "/proc/self/fd";

    private readonly GaugeMetric _build;
    private readonly MeterListener _engine = new();
    private readonly Lock _asking = new();
    private long _grains;

    public ProcessMetrics(MetricSet set)
    {
        _engine.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == EngineMeter && instrument.Name == Activations) listener.EnableMeasurementEvents(instrument);
        };
        _engine.SetMeasurementEventCallback<int>((_, count, _, _) => _grains += count);
        _engine.Start();
        StoreFailures = set.Counter("orleansllm_store_failures", "", "Questions where a grain is that the cluster's store did not answer");
        OtherConfigurations = set.Gauge("orleansllm_nodes_with_another_configuration", "", "Other nodes of the cluster whose configuration differs from this node's");
        StoreBegan = set.Gauge("orleansllm_store_began_time_seconds", "s", "When the cluster's store was first written to, in seconds since 1970; later than before: it has lost its data", "service");
        _build = set.Gauge("orleansllm_build_info", "", "1, labelled with what runs", "version", "engine", "role");
        set.Observed("orleansllm_grains", MetricKind.Gauge, "", "Grains in the memory of this process", CountGrains);
        set.Observed("process_start_time_seconds", MetricKind.Gauge, "s", "When the process began, in seconds since 1970", () => Ask(p => (p.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds));
        set.Observed("process_cpu_seconds", MetricKind.Counter, "s", "Processor time used", () => Ask(p => p.TotalProcessorTime.TotalSeconds));
        set.Observed("process_resident_memory_bytes", MetricKind.Gauge, "By", "Working set of the process", () => Environment.WorkingSet);
        set.Observed("process_open_fds", MetricKind.Gauge, "", "Open files and sockets; 0 where the system does not tell", CountFiles);
        set.Observed("process_num_threads", MetricKind.Gauge, "", "Threads of the operating system", () => Ask(p => p.Threads.Count));
        set.Observed("dotnet_gc_heap_total_allocated_bytes", MetricKind.Counter, "By", "Bytes allocated on the managed heap", () => GC.GetTotalAllocatedBytes());
        set.Observed("dotnet_gc_last_collection_heap_size", MetricKind.Gauge, "By", "Managed heap after the last collection", () => GC.GetGCMemoryInfo().HeapSizeBytes);
        set.Observed("dotnet_timer_count", MetricKind.Gauge, "", "Timers that are armed", () => Timer.ActiveCount);
    }

    /// <summary>Of the engine of a cluster: where they rise, what is new cannot begin.</summary>
    public CounterMetric StoreFailures { get; }

    /// <summary>Of the engine of a cluster.</summary>
    public GaugeMetric OtherConfigurations { get; }

    /// <summary>Of the engine of a cluster with a store, as a silo has found it at its start.</summary>
    public GaugeMetric StoreBegan { get; }

    /// <summary>What this process is, which it stays.</summary>
    public void Runs(string engine, string role) => _build.Set(1, GatewayMetrics.Version, engine, role);

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

    private static double Ask(Func<Process, double> what)
    {
        using var process = Process.GetCurrentProcess();
        return what(process);
    }
}
