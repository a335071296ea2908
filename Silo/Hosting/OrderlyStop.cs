using OrleansLlm.Catalog;
using OrleansLlm.Grains;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// When the process is asked to stop: for <c>stop_delay</c> it serves as before, so that a load balancer learns from its readiness to send nothing more. Then
/// nothing new is begun, what waits goes elsewhere, and what runs has <c>drain_timeout</c> to finish.
/// Begins with the signal, before the web server waits for its requests, and ends before the engine stops.
/// </summary>
internal sealed partial class OrderlyStop(
    ProcessDrain drain, ICatalog catalog, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<OrderlyStop> logger) : IHostedLifecycleService
{
    /// <summary>What the rest of a stop may take: state is written, leases are handed over.</summary>
    public static readonly TimeSpan Reserve = TimeSpan.FromSeconds(10);

    /// <summary>After the time of the stop is over: for an engine of a cluster, which may take longer to leave it, and is given up then.</summary>
    public static readonly TimeSpan EnginesGrace = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan BetweenNews = TimeSpan.FromSeconds(5);

    private readonly Lazy<Task> _notice = new(() => NoticeAsync(drain, catalog.Current.Settings.StopDelay, time, logger));
    private Task _draining = Task.CompletedTask;
    private long? _began;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => _draining = DrainAsync(catalog.Current.Settings.DrainTimeout));
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The web server closes its port after this. It may come before the signal has been told to everybody.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => _notice.Value.WaitAsync(cancellationToken);

    /// <summary>Ends with the drain, or when the host has lost its patience: then what runs goes down with the process.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (drain.IsOver) return;
        await _draining.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // What the web server had taken on before it closed its door may have begun when nothing else ran any more. It ends as what was there before.
        if (!drain.Cut.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await drain.CompleteAsync(LeftOf(catalog.Current.Settings.DrainTimeout), time).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        drain.End();
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task NoticeAsync(ProcessDrain drain, TimeSpan delay, TimeProvider time, ILogger logger)
    {
        if (delay <= TimeSpan.Zero || drain.Cut.IsCancellationRequested) return;
        LogNotice(logger, delay.TotalSeconds);
        await Task.Delay(delay, time, drain.Cut).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private TimeSpan LeftOf(TimeSpan timeout)
    {
        var left = _began is { } began ? timeout - time.GetElapsedTime(began) : timeout;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task DrainAsync(TimeSpan timeout)
    {
        await _notice.Value;
        _began = time.GetTimestamp();
        var drained = drain.CompleteAsync(timeout, time);
        if (drained.IsCompleted) return;
        LogDraining(drain.Open, timeout.TotalSeconds);
        using var over = new CancellationTokenSource();
        while (await Task.WhenAny(drained, Task.Delay(BetweenNews, time, over.Token)) != drained)
        {
            LogDraining(drain.Open, LeftOf(timeout).TotalSeconds);
        }

        await over.CancelAsync();
        LogDrained(time.GetElapsedTime(_began.Value).TotalSeconds);
    }

    [LoggerMessage(EventId = 4204, EventName = "StopNoticed", Level = LogLevel.Information, Message = "Stopping in {Seconds:F0} s: /health/readiness says so, and requests are served until then")]
    private static partial void LogNotice(ILogger logger, double seconds);

    [LoggerMessage(EventId = 4201, EventName = "Draining", Level = LogLevel.Information, Message = "Stopping: {Running} answers still run, for up to {Seconds:F0} s")]
    private partial void LogDraining(int running, double seconds);

    [LoggerMessage(EventId = 4202, EventName = "Drained", Level = LogLevel.Information, Message = "Stopping: no answer runs any more, after {Seconds:F1} s")]
    private partial void LogDrained(double seconds);
}
