using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Catalog;

namespace OrleansLlm.Telemetry.Prometheus;

internal static class PrometheusServices
{
    public static IServiceCollection AddPrometheus(this IServiceCollection services, TelemetryOptions options)
    {
        services.AddSingleton(s => new MetricRegistry(s.GetRequiredService<GatewayMetrics>(), new SeriesLimits(options.MaxSeries, options.MaxLabelValues)));
        services.AddSingleton<IMetricsText>(s => s.GetRequiredService<MetricRegistry>());
        return services;
    }
}
