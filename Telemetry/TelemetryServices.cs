using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OrleansLlm.Catalog;
using OrleansLlm.Telemetry.Callbacks;
using OrleansLlm.Telemetry.Logs;
using OrleansLlm.Telemetry.Otlp;
using OrleansLlm.Telemetry.Prometheus;

namespace OrleansLlm.Telemetry;

public static class TelemetryServices
{
    /// <summary>What this process tells of itself. To be added after the engine: it is then before it in the order of the services, and ends after it, with the last requests told.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, TelemetryOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<GatewayMetrics>();
        services.AddPrometheus(options);
        if (options.RequestLog) services.AddSingleton<IRequestObserver, RequestLog>();
        services.AddCallbacks(options.Callbacks);
        if (options.Otlp is { } otlp) services.AddSingleton<ILastWords>(_ => new OtlpPush(otlp));
        if (options.Otlp is not null || options.Callbacks.Langfuse is not null || options.Callbacks.Sentry is not null) services.Insert(0, ServiceDescriptor.Singleton<IHostedService, LastWords>());
        return services;
    }
}
