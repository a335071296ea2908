using Orleans.GrainDirectory;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// The directory of grains in the store, whose failures are all told as the engine's own and in plain words: whoever called cannot reach a grain for a while. The store's client
/// fails in more ways than the directory knows (a connection that closes under a read is an InvalidOperationException to it), and each would pass for a fault of the gateway;
/// those it knows it quotes with their stacks. The directory itself logs what has happened.
/// </summary>
internal sealed class StoreDirectory(IGrainDirectory directory, ProcessMetrics metrics) : IGrainDirectory, ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    public Task<GrainAddress?> Register(GrainAddress address) => AskAsync(() => directory.Register(address));

    public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress) => AskAsync(() => directory.Register(address, previousAddress));

    public Task Unregister(GrainAddress address) => AskAsync(async () =>
    {
        await directory.Unregister(address);
        return true;
    });

    public Task<GrainAddress?> Lookup(GrainId grainId) => AskAsync(() => directory.Lookup(grainId));

    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => AskAsync(async () =>
    {
        await directory.UnregisterSilos(siloAddresses);
        return true;
    });

    public void Participate(ISiloLifecycle observer)
    {
        // Shown before there is anything to show.
        metrics.StoreFailures.Begin();
        (directory as ILifecycleParticipant<ISiloLifecycle>)?.Participate(observer);
    }

    public ValueTask DisposeAsync() => directory is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            metrics.StoreFailures.Add(1);
            throw new OrleansException("The store that knows where grains are does not answer.");
        }
    }
}
