using OrleansLlm.Catalog;
using OrleansLlm.Grains;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// When the process is asked to stop: nothing new is begun, what waits goes elsewhere, what runs has <c>drain_timeout</c> to finish.
/// Begins with the signal, before the web server waits for its requests, and ends before the engine stops.
/// </summary>
internal sealed class OrderlyStop(ProcessDrain drain, ICatalog catalog, TimeProvider time, IHostApplicationLifetime lifetime) : IHostedService
{
    /// <summary>What the rest of a stop may take: state is written, leases are handed over.</summary>
    public static readonly TimeSpan Reserve = TimeSpan.FromSeconds(10);

    private Task _draining = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => _draining = drain.CompleteAsync(catalog.Current.Settings.DrainTimeout, time));
        return Task.CompletedTask;
    }

    /// <summary>Ends with the drain, or when the host has lost its patience: then what runs goes down with the process.</summary>
    public async Task StopAsync(CancellationToken cancellationToken) =>
        await _draining.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
