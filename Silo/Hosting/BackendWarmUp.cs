using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration.Live;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// Wakes every backend grain at start, so that health is known before the first request asks, and those that a changed configuration concerns:
/// who waits at a backend that is gone must hear of it, and a new one is probed.
/// </summary>
internal sealed class BackendWarmUp(IGrainFactory grains, LiveCatalog catalog, IHostApplicationLifetime lifetime, ILogger<BackendWarmUp> logger) : IHostedService
{
    private readonly Lock _gate = new();
    private Task _warming = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // After the start: it must not cost the first request, nor the start itself.
        lifetime.ApplicationStarted.Register(() =>
        {
            catalog.Changed += Follow;
            Warm(catalog.Current.Backends.Keys);
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        catalog.Changed -= Follow;
        lock (_gate) return _warming.WaitAsync(cancellationToken);
    }

    private void Follow(GatewayCatalog before, GatewayCatalog now) => Warm(before.Backends.Keys.Union(now.Backends.Keys)
        .Where(name => before.Backends.GetValueOrDefault(name) != now.Backends.GetValueOrDefault(name)));

    /// <summary>One round after the other, however fast the changes come.</summary>
    private void Warm(IEnumerable<string> names)
    {
        var concerned = names.ToList();
        lock (_gate) _warming = WarmAfterAsync(_warming, concerned);
    }

    private async Task WarmAfterAsync(Task before, List<string> names)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await Task.WhenAll(names.Select(name => grains.GetGrain<IBackendGrain>(name).GetSnapshotAsync()));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Not fatal: a backend grain wakes with its first request as well.
            logger.LogWarning(e, "A backend grain could not be woken");
        }
    }
}
