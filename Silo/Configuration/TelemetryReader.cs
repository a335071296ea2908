using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.telemetry</c>, with what callbacks and variables say besides.</summary>
internal static class TelemetryReader
{
    private const string CaptureVariable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
    private const string CapturedTo = "prompts and answers go to callbacks and spans, and what services say of failures to the log";

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
            CaptureMessages = s.Bool("capture_messages", note: CapturedTo),
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
        var isAsked = draft.CaptureMessages is null && callbacks.NoMessages is not true && AsksForMessages(variable);
        if (isAsked) report.Warning(CaptureVariable, 0, $"{CapturedTo}; gateway_settings.telemetry.capture_messages: false says otherwise");
        return defaults with
        {
            MetricsNeedKey = callbacks.MetricsNeedKey ?? generalMetricsKey ?? defaults.MetricsNeedKey,
            MaxSeries = draft.MaxSeries ?? defaults.MaxSeries,
            MaxLabelValues = draft.MaxLabelValues ?? defaults.MaxLabelValues,
            RequestLog = draft.RequestLog ?? defaults.RequestLog,
            CaptureMessages = isAsked || (draft.CaptureMessages is true && callbacks.NoMessages is not true),
            ForwardTraceParent = callbacks.ForwardTraceParent ?? defaults.ForwardTraceParent,
            Callbacks = CallbackReader.Complete(draft.Callbacks, callbacks, variable, report),
            Otlp = OtlpReader.Read(variable, report),
        };
    }

    public static bool AsksForMessages(Func<string, string?> variable) => "true".Equals(variable(CaptureVariable), StringComparison.OrdinalIgnoreCase);
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
