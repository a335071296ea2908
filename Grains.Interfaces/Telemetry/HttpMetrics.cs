namespace OrleansLlm.Telemetry;

/// <summary>What comes through the door.</summary>
public sealed class HttpMetrics(MetricSet set)
{
    public CounterMetric Total { get; } = set.Counter(
        "litellm_proxy_total_requests_metric", "", "Requests to a model, answered with whatever status",
        "requested_model", "route", "status_code", "hashed_api_key", "api_key_alias", "team");

    /// <summary>Answers that broke off count here with the status they began with, and their exception_class.</summary>
    public CounterMetric Failed { get; } = set.Counter(
        "litellm_proxy_failed_requests_metric", "", "Requests to a model that were refused or failed",
        "requested_model", "route", "exception_status", "exception_class", "hashed_api_key", "api_key_alias", "team");

    public GaugeMetric InFlight { get; } = set.Gauge("litellm_in_flight_requests", "", "HTTP requests that are being answered");

    public HistogramMetric Duration { get; } = set.Histogram(
        "http.server.request.duration", "s", "Time to the end of an HTTP answer",
        Buckets.Http, "http.request.method", "http.route", "http.response.status_code", "error.type");

    public HistogramMetric StreamLag { get; } = set.Histogram(
        "orleansllm_stream_lag_seconds", "s", "Time an event takes from an inference's log through an Orleans stream to a reader, by the nodes' clocks",
        Buckets.Lag);
}
