using System.Globalization;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.telemetry</c>, and OpenTelemetry's variables.</summary>
internal static class TelemetryReader
{
    private const string Http = "http/protobuf";
    private const string Grpc = "grpc";

    public static TelemetryDraft Read(ConfigSection settings)
    {
        if (settings.Map("telemetry") is not { } map) return new TelemetryDraft();
        var path = settings.PathOf("telemetry");
        settings.Report.Honoured(path, map.Line);
        var s = new ConfigSection(map, path, settings.Report);
        var draft = new TelemetryDraft
        {
            MaxSeries = s.Int("max_series", 1, 1_000_000),
            MaxLabelValues = s.Int("max_label_values", 1, 100_000),
            RequestLog = s.Bool("request_log"),
            CaptureMessages = s.Bool("capture_messages", note: "prompts and answers go to callbacks and spans"),
            Callbacks = new CallbackOptions(),
        };
        var defaults = draft.Callbacks;
        draft = draft with
        {
            Callbacks = defaults with
            {
                MaxQueue = s.Int("callback_max_queue", 1, 1_000_000) ?? defaults.MaxQueue,
                Batch = s.Int("callback_batch", 1, 1000) ?? defaults.Batch,
                Attempts = s.Int("callback_attempts", 1, 1000) ?? defaults.Attempts,
                RetryMost = s.Seconds("callback_retry_most") ?? defaults.RetryMost,
                Timeout = s.Seconds("callback_timeout") ?? defaults.Timeout,
            },
        };
        s.Finish();
        return draft;
    }

    /// <param name="variable">Environment variables, the file's own <c>environment_variables</c> over them.</param>
    public static TelemetryOptions Complete(TelemetryDraft draft, CallbackDraft callbacks, bool? generalMetricsKey, Func<string, string?> variable, ConfigReport report)
    {
        var defaults = new TelemetryOptions();
        var capture = draft.CaptureMessages ?? IsTrue(variable("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"));
        return defaults with
        {
            MetricsNeedKey = callbacks.MetricsNeedKey ?? generalMetricsKey ?? defaults.MetricsNeedKey,
            MaxSeries = draft.MaxSeries ?? defaults.MaxSeries,
            MaxLabelValues = draft.MaxLabelValues ?? defaults.MaxLabelValues,
            RequestLog = draft.RequestLog ?? defaults.RequestLog,
            CaptureMessages = capture && callbacks.NoMessages is not true,
            ForwardTraceParent = callbacks.ForwardTraceParent ?? defaults.ForwardTraceParent,
            Callbacks = CallbackReader.Complete(draft.Callbacks, callbacks, variable, report),
            Otlp = ReadOtlp(variable, report),
        };
    }

    private static OtlpOptions? ReadOtlp(Func<string, string?> variable, ConfigReport report)
    {
        if (IsTrue(variable("OTEL_SDK_DISABLED"))) return null;
        var protocol = variable("OTEL_EXPORTER_OTLP_PROTOCOL") is { Length: > 0 } said ? said : Grpc;
        var http = protocol == Http;
        var (traces, metrics) = (Endpoint("TRACES", "v1/traces", "OTEL_TRACES_EXPORTER"), Endpoint("METRICS", "v1/metrics", "OTEL_METRICS_EXPORTER"));
        if (traces is null && metrics is null) return null;
        if (protocol is not (Http or Grpc))
        {
            report.Warning("gateway_settings.telemetry", 0, $"OTEL_EXPORTER_OTLP_PROTOCOL may be {Grpc} or {Http}: by {protocol} nothing is sent");
            return null;
        }

        var defaults = new OtlpOptions();
        return defaults with
        {
            Traces = traces,
            Metrics = metrics,
            Http = http,
            Headers = variable("OTEL_EXPORTER_OTLP_HEADERS"),
            ServiceName = variable("OTEL_SERVICE_NAME") is { Length: > 0 } name ? name : defaults.ServiceName,
            MetricsPeriod = int.TryParse(variable("OTEL_METRIC_EXPORT_INTERVAL"), NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms > 0
                ? TimeSpan.FromMilliseconds(ms) : defaults.MetricsPeriod,
        };

        // The signal's own address is whole; the common one is a base to which HTTP adds the signal's path.
        Uri? Endpoint(string signal, string path, string exporter)
        {
            if (variable(exporter) == "none") return null;
            var name = $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT";
            var own = variable(name);
            if (string.IsNullOrEmpty(own)) (name, own) = ("OTEL_EXPORTER_OTLP_ENDPOINT", variable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } all && http ? all.TrimEnd('/') + "/" + path : variable("OTEL_EXPORTER_OTLP_ENDPOINT"));
            if (string.IsNullOrEmpty(own)) return null;
            if (Uri.TryCreate(own, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https") return uri;
            report.Warning("gateway_settings.telemetry", 0, $"{name} is no http or https address: nothing is sent there");
            return null;
        }
    }

    private static bool IsTrue(string? text) => text is not null && text.Equals("true", StringComparison.OrdinalIgnoreCase);
}

/// <summary>What <c>gateway_settings.telemetry</c> says; null: not said.</summary>
internal sealed record TelemetryDraft
{
    public int? MaxSeries { get; init; }

    public int? MaxLabelValues { get; init; }

    public bool? RequestLog { get; init; }

    public bool? CaptureMessages { get; init; }

    public CallbackOptions Callbacks { get; init; } = new();
}
