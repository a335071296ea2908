using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansLlm.Catalog;

namespace OrleansLlm.Telemetry.Callbacks;

internal static class CallbackServices
{
    public static IServiceCollection AddCallbacks(this IServiceCollection services, CallbackOptions options)
    {
        if (options.Langfuse is null && options.Sentry is null) return services;
        services.AddSingleton<CallbackHttp>();
        if (options.Langfuse is { } langfuse) services.AddCallback(options, s => new LangfuseTarget(langfuse, s.GetRequiredService<CallbackHttp>()));
        if (options.Sentry is { } sentry) services.AddCallback(options, s => new SentryTarget(sentry, s.GetRequiredService<CallbackHttp>(), s.GetRequiredService<TimeProvider>()));
        return services;
    }

    private static void AddCallback<T>(this IServiceCollection services, CallbackOptions options, Func<IServiceProvider, T> target)
        where T : class, ICallbackTarget
    {
        // Keyed by its type: one sender is both who hears of requests and who is started and stopped.
        services.AddKeyedSingleton(typeof(T), (s, _) => new CallbackSender(
            target(s), options, s.GetRequiredService<GatewayMetrics>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<CallbackSender>>()));
        services.AddSingleton<IRequestObserver>(s => s.GetRequiredKeyedService<CallbackSender>(typeof(T)));
        services.AddSingleton<ILastWords>(s => s.GetRequiredKeyedService<CallbackSender>(typeof(T)));
    }
}
