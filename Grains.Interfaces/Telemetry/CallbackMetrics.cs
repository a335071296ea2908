namespace OrleansLlm.Telemetry;

/// <summary>What is told to others of the requests, behind them.</summary>
public sealed class CallbackMetrics(MetricSet set)
{
    public CounterMetric Events { get; } = set.Counter(
        "orleansllm_callback_events", "", "Requests told to a callback: delivered, refused by it, or dropped because its queue was full", "callback_name", "result");

    public CounterMetric Failures { get; } = set.Counter(
        "litellm_callback_logging_failures_metric", "", "Deliveries to a callback that failed, to be tried again or given up", "callback_name");

    public GaugeMetric Queue { get; } = set.Gauge("orleansllm_callback_queue", "", "Requests that wait to be told to a callback", "callback_name");
}
