using System.Globalization;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// OpenTelemetry's variables of its OTLP exporter; where they are not set, LiteLLM's own <c>OTEL_ENDPOINT</c>, <c>OTEL_EXPORTER</c> and
/// <c>OTEL_HEADERS</c>.
/// </summary>
internal static class OtlpReader
{
    private const string Http = "http/protobuf";
    private const string Grpc = "grpc";
    private const string TracesPath = "/v1/traces";

    /// <returns>Null: nothing is pushed.</returns>
    public static OtlpOptions? Read(Func<string, string?> variable, ConfigReport report)
    {
        if (string.Equals(Of("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase)) return null;
        var (name, all) = Of("OTEL_EXPORTER_OTLP_ENDPOINT") is { } own ? ("OTEL_EXPORTER_OTLP_ENDPOINT", own) : ("OTEL_ENDPOINT", Of("OTEL_ENDPOINT"));
        var protocol = Of("OTEL_EXPORTER_OTLP_PROTOCOL") ?? Of("OTEL_EXPORTER") switch
        {
            "otlp_http" => Http,
            "otlp_grpc" => Grpc,
            null => name == "OTEL_ENDPOINT" && all is not null ? Http : Grpc,
            var other => other,
        };
        var http = protocol == Http;
        var (traces, metrics) = (Endpoint("TRACES", TracesPath, "OTEL_TRACES_EXPORTER"), Endpoint("METRICS", "/v1/metrics", "OTEL_METRICS_EXPORTER"));
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
            Headers = Of("OTEL_EXPORTER_OTLP_HEADERS") ?? Of("OTEL_HEADERS"),
            ServiceName = Of("OTEL_SERVICE_NAME") ?? defaults.ServiceName,
            MetricsPeriod = int.TryParse(Of("OTEL_METRIC_EXPORT_INTERVAL"), NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms > 0
                ? TimeSpan.FromMilliseconds(ms) : defaults.MetricsPeriod,
        };

        string? Of(string variableName) => variable(variableName) is { Length: > 0 } text ? text : null;

        // The signal's own address is whole; the common one is a base to which HTTP adds the signal's path. LiteLLM's may be that of the traces.
        Uri? Endpoint(string signal, string path, string exporter)
        {
            if (Of(exporter) == "none") return null;
            var (source, address) = Of($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is { } whole ? ($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT", whole) : (name, http ? Base() + path : all);
            if (all is null && source == name) return null;
            if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https") return uri;
            report.Warning("gateway_settings.telemetry", 0, $"{source} is no http or https address: nothing is sent there");
            return null;
        }

        string? Base()
        {
            var text = all?.TrimEnd('/');
            return text is not null && text.EndsWith(TracesPath, StringComparison.Ordinal) ? text[..^TracesPath.Length] : text;
        }
    }
}
