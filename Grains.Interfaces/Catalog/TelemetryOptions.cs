namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.telemetry</c>, LiteLLM's callbacks, and the environment's OpenTelemetry variables: what the gateway tells of itself.</summary>
public sealed record TelemetryOptions
{
    /// <summary><c>/metrics</c> needs a key (<c>require_auth_for_metrics_endpoint</c>). Default false, as LiteLLM's.</summary>
    public bool MetricsNeedKey { get; init; }

    /// <summary>Series of one metric; those that come later are counted as one in which every label is <c>other</c>. Default 2,000.</summary>
    public int MaxSeries { get; init; } = 2000;

    /// <summary>Values of one label of one metric; those that come later are <c>other</c>. Default 200.</summary>
    public int MaxLabelValues { get; init; } = 200;

    /// <summary>Whether each request leaves a line in the log. Default true.</summary>
    public bool RequestLog { get; init; } = true;

    /// <summary>
    /// Whether prompts and answers are told to callbacks and spans, and what services say of failures, which may repeat them, to the log (<c>OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT</c>;
    /// <c>turn_off_message_logging</c> says no). Default false. Never to a metric.
    /// </summary>
    public bool CaptureMessages { get; init; }

    /// <summary>Whether backends are sent a <c>traceparent</c> (<c>forward_traceparent_to_llm_provider</c>). Default true, other than LiteLLM's.</summary>
    public bool ForwardTraceParent { get; init; } = true;

    public CallbackOptions Callbacks { get; init; } = new();

    /// <summary>Where traces and metrics are pushed; null: nowhere.</summary>
    public OtlpOptions? Otlp { get; init; }
}

/// <summary>Who is told of each request.</summary>
public sealed record CallbackOptions
{
    /// <summary>Null: not called.</summary>
    public LangfuseOptions? Langfuse { get; init; }

    public SentryOptions? Sentry { get; init; }

    /// <summary>Requests that may wait for each callback; with the next one the oldest is dropped and counted. Default 10,000.</summary>
    public int MaxQueue { get; init; } = 10_000;

    /// <summary>Requests told at once at most. Default 50.</summary>
    public int Batch { get; init; } = 50;

    /// <summary>Deliveries of one batch that may fail before it is given up. Default 8: with doubling pauses about two minutes.</summary>
    public int Attempts { get; init; } = 8;

    /// <summary>Limit of the pause between two of them, which doubles from a second. Default 30 s.</summary>
    public TimeSpan RetryMost { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What one delivery may take. Default 10 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary><c>LANGFUSE_PUBLIC_KEY</c>, <c>LANGFUSE_SECRET_KEY</c> and <c>LANGFUSE_HOST</c>.</summary>
/// <param name="SecretKey">Secret: never logged, never shown.</param>
public sealed record LangfuseOptions(string PublicKey, string SecretKey, Uri Host)
{
    /// <summary>Named in <c>success_callback</c> or <c>callbacks</c>.</summary>
    public bool Successes { get; init; }

    /// <summary>Named in <c>failure_callback</c> or <c>callbacks</c>.</summary>
    public bool Failures { get; init; }

    /// <summary>Without the keys.</summary>
    public override string ToString() => $"Langfuse at {Host}";
}

/// <summary><c>SENTRY_DSN</c>, taken apart.</summary>
/// <param name="Envelope">Where events are posted to.</param>
/// <param name="PublicKey">Of the project.</param>
public sealed record SentryOptions(Uri Envelope, string PublicKey)
{
    /// <summary><c>SENTRY_ENVIRONMENT</c>. Default production.</summary>
    public string Environment { get; init; } = "production";

    /// <summary><c>SENTRY_API_SAMPLE_RATE</c>: the part of failures that is told, 0 to 1. Default 1.</summary>
    public double SampleRate { get; init; } = 1;

    /// <summary>Without the key.</summary>
    public override string ToString() => $"Sentry at {Envelope.Host}";
}

/// <summary>The environment's <c>OTEL_EXPORTER_OTLP_*</c>.</summary>
public sealed record OtlpOptions
{
    /// <summary>Where traces go; null: nowhere.</summary>
    public Uri? Traces { get; init; }

    /// <summary>Where metrics go; null: nowhere.</summary>
    public Uri? Metrics { get; init; }

    /// <summary>HTTP with protobuf; else gRPC, which is the variable's default as well.</summary>
    public bool Http { get; init; }

    /// <summary>As <c>OTEL_EXPORTER_OTLP_HEADERS</c> has them. May hold secrets: never logged, never shown.</summary>
    public string? Headers { get; init; }

    /// <summary><c>OTEL_SERVICE_NAME</c>. Default orleansllm.</summary>
    public string ServiceName { get; init; } = "orleansllm";

    /// <summary>Period of the metrics (<c>OTEL_METRIC_EXPORT_INTERVAL</c>, in milliseconds). Default 60 s.</summary>
    public TimeSpan MetricsPeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Without the headers.</summary>
    public override string ToString() => $"OTLP to {Traces ?? Metrics}";
}
