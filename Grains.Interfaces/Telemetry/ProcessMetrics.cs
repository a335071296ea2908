namespace OrleansLlm.Telemetry;

/// <summary>The process itself, and what it does behind the requests.</summary>
public sealed class ProcessMetrics
{
    public ProcessMetrics(MetricSet set)
    {
        Build = set.Gauge("orleansllm_build_info", "", "1, labelled with what runs", "version", "engine", "role");
        CallbackEvents = set.Counter(
            "orleansllm_callback_events", "", "Requests told to a callback: delivered, refused by it, or dropped because its queue was full", "callback_name", "result");
        CallbackFailures = set.Counter(
            "litellm_callback_logging_failures_metric", "", "Deliveries to a callback that failed, to be tried again or given up", "callback_name");
        CallbackQueue = set.Gauge("orleansllm_callback_queue", "", "Requests that wait to be told to a callback", "callback_name");
        set.Observed("process_resident_memory_bytes", MetricKind.Gauge, "By", "Working set of the process", () => Environment.WorkingSet);
        set.Observed("process_cpu_seconds", MetricKind.Counter, "s", "Processor time used", CpuSeconds);
        set.Observed("dotnet_gc_heap_total_allocated_bytes", MetricKind.Counter, "By", "Bytes allocated on the managed heap", () => GC.GetTotalAllocatedBytes());
        set.Observed("process_start_time_seconds", MetricKind.Gauge, "s", "When the process began, in seconds since 1970", StartSeconds);
    }

    /// <summary>Always 1.</summary>
    public GaugeMetric Build { get; }

    public CounterMetric CallbackEvents { get; }

    public CounterMetric CallbackFailures { get; }

    public GaugeMetric CallbackQueue { get; }

    private static double CpuSeconds()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }

    private static double StartSeconds()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }
}
