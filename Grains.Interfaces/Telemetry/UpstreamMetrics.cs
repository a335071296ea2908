namespace OrleansLlm.Telemetry;

/// <summary>Single upstream calls, retries and hedges each for itself.</summary>
public sealed class UpstreamMetrics(MetricSet set)
{
    private static readonly string[] Deployment = ["litellm_model_name", "model_id", "api_base", "api_provider"];

    public GaugeMetric Running { get; } = set.Gauge("orleansllm_upstream_calls", "", "Upstream calls that run on this node", "backend");

    public CounterMetric Total { get; } = set.Counter("litellm_deployment_total_requests", "", "Upstream calls that have ended, those that clients left included", Deployment);

    public CounterMetric Succeeded { get; } = set.Counter("litellm_deployment_success_responses", "", "Upstream calls that brought a whole answer", Deployment);

    public CounterMetric Failed { get; } = set.Counter(
        "litellm_deployment_failure_responses", "", "Upstream calls that failed", [.. Deployment, "exception_status", "exception_class"]);

    public HistogramMetric PerToken { get; } = set.Histogram(
        "litellm_deployment_latency_per_output_token", "s", "Time of an upstream call per completion token", Buckets.GenAiPerToken, Deployment);
}
