namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// The engine's own stop, as long as it has time. To leave the cluster Orleans has to tell the store, and tries that for minutes where the store does not answer, whatever
/// it is told of the time. What comes after it (the last rows of the ledger, the end of the process) does not wait for that: the others find the silo dead, as after a kill.
/// </summary>
internal sealed partial class EngineStop(IHostedService engine, StopLeftovers leftovers, TimeProvider time, ILogger<EngineStop> logger) : IHostedService
{
    /// <summary>Puts every service of the engine's that the host would wait for behind this.</summary>
    /// <param name="services">With the engine in it.</param>
    /// <param name="isOfTheEngine">By the type of a service.</param>
    public static void Bound(IServiceCollection services, Func<Type, bool> isOfTheEngine)
    {
        for (var i = 0; i < services.Count; i++)
        {
            if (services[i] is not { IsKeyedService: false, ImplementationType: { } type } found || found.ServiceType != typeof(IHostedService) || !isOfTheEngine(type)) continue;
            // As a service of its own, under a key: so the container disposes it. (The Dashboard's never lets go of its silo otherwise.)
            services.Add(ServiceDescriptor.KeyedSingleton(typeof(IHostedService), type, type));
            services[i] = ServiceDescriptor.Singleton<IHostedService>(s => new EngineStop(
                s.GetRequiredKeyedService<IHostedService>(type), s.GetRequiredService<StopLeftovers>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<EngineStop>>()));
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => engine.StartAsync(cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        // Not on this thread: what it does before it first waits could take as long.
        var stopping = Task.Run(() => engine.StopAsync(cancellationToken), CancellationToken.None);
        using var ended = new CancellationTokenSource();
        await Task.WhenAny(stopping, OverAsync(cancellationToken, ended.Token));
        await ended.CancelAsync();
        if (stopping.IsCompletedSuccessfully) return;
        // In time, it failed by itself.
        if (!cancellationToken.IsCancellationRequested) await stopping;
        leftovers.Engine = true;
        LogGivenUp(time.GetElapsedTime(began).TotalSeconds, stopping.Exception?.InnerException);
        _ = stopping.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task OverAsync(CancellationToken over, CancellationToken ended)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over, ended);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(OrderlyStop.EnginesGrace, time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [LoggerMessage(EventId = 4205, EventName = "EngineStopGivenUp", Level = LogLevel.Error,
        Message = "Stopping: the engine has not left the cluster within {Seconds:F0} s, which it has to tell the store (is Redis there, and its password right?). The process ends without; the others will find it dead")]
    private partial void LogGivenUp(double seconds, Exception? exception);
}
