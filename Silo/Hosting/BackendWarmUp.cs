using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Hosting;

/// <summary>Wakes every backend grain at start, so that health is known before the first request asks.</summary>
internal sealed class BackendWarmUp(IGrainFactory grains, ICatalog catalog, IHostApplicationLifetime lifetime, ILogger<BackendWarmUp> logger) : IHostedService
{
    private Task _warming = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // After the start: it must not cost the first request, nor the start itself.
        lifetime.ApplicationStarted.Register(() => _warming = WarmAsync());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _warming.WaitAsync(cancellationToken);

    private async Task WarmAsync()
    {
        try
        {
            await Task.WhenAll(catalog.Current.Backends.Keys.Select(name => grains.GetGrain<IBackendGrain>(name).GetSnapshotAsync()));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Not fatal: a backend grain wakes with its first request as well.
            logger.LogWarning(e, "A backend grain could not be woken at start");
        }
    }
}
