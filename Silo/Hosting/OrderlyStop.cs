using OrleansLlm.Catalog;
using OrleansLlm.Grains;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// When the process is asked to stop: nothing new is begun, what waits goes elsewhere, what runs has <c>drain_timeout</c> to finish.
/// Begins with the signal, before the web server waits for its requests, and ends before the engine stops.
/// </summary>
internal sealed partial class OrderlyStop(
    ProcessDrain drain, ICatalog catalog, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<OrderlyStop> logger) : IHostedService
{
    /// <summary>What the rest of a stop may take: state is written, leases are handed over.</summary>
    public static readonly TimeSpan Reserve = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan BetweenNews = TimeSpan.FromSeconds(5);

    private Task _draining = Task.CompletedTask;
    private long? _began;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => _draining = DrainAsync(catalog.Current.Settings.DrainTimeout));
        return Task.CompletedTask;
    }

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

    private TimeSpan LeftOf(TimeSpan timeout)
    {
        var left = _began is { } began ? timeout - time.GetElapsedTime(began) : timeout;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task DrainAsync(TimeSpan timeout)
    {
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

    [LoggerMessage(EventId = 4201, EventName = "Draining", Level = LogLevel.Information, Message = "Stopping: {Running} answers still run, for up to {Seconds:F0} s")]
    private partial void LogDraining(int running, double seconds);

    [LoggerMessage(EventId = 4202, EventName = "Drained", Level = LogLevel.Information, Message = "Stopping: no answer runs any more, after {Seconds:F1} s")]
    private partial void LogDrained(double seconds);
}
