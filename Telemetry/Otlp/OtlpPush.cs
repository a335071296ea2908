using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using OrleansLlm.Catalog;

namespace OrleansLlm.Telemetry.Otlp;

/// <summary>Pushes spans and metrics to an OpenTelemetry collector, in the background; a collector that is away costs what its exporter's queue does not hold.</summary>
internal sealed class OtlpPush(OtlpOptions options) : ILastWords, IDisposable
{
    private const int LastWordsMs = 3000;

    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var resource = ResourceBuilder.CreateDefault().AddService(options.ServiceName, serviceVersion: typeof(OtlpPush).Assembly.GetName().Version?.ToString(3));
        if (options.Traces is { } traces)
        {
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(GatewayTraces.SourceName).AddOtlpExporter(o => Configure(o, traces)).Build();
        }

        if (options.Metrics is { } metrics)
        {
            _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(GatewayMetrics.MeterName)
                .AddOtlpExporter((o, reader) =>
                {
                    Configure(o, metrics);
                    reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.MetricsPeriod.TotalMilliseconds;
                })
                .Build();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => _traces?.Shutdown(LastWordsMs), cancellationToken),
        Task.Run(() => _metrics?.Shutdown(LastWordsMs), cancellationToken));

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private void Configure(OtlpExporterOptions exporter, Uri endpoint)
    {
        exporter.Protocol = options.Http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = endpoint;
        if (options.Headers is { } headers) exporter.Headers = headers;
    }
}
