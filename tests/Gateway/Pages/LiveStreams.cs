using Orleans.Streams;
using OrleansLlm.Backends;
using OrleansLlm.Recent;

namespace OrleansLlm.Tests.Gateway.Pages;

/// <summary>What one client of the grains has subscribed to for its live pages.</summary>
internal sealed class LiveStreams(IClusterClient client)
{
    /// <summary>Of the backends, of the requests.</summary>
    public async Task<(int Backends, int Requests)> CountAsync() =>
        ((await Backends.GetAllSubscriptionHandles()).Count, (await Requests.GetAllSubscriptionHandles()).Count);

    /// <summary>As if the engine had forgotten them: whoever subscribed is told nothing, and not of this either.</summary>
    public async Task LoseAsync()
    {
        foreach (var handle in await Backends.GetAllSubscriptionHandles()) await handle.UnsubscribeAsync();
        foreach (var handle in await Requests.GetAllSubscriptionHandles()) await handle.UnsubscribeAsync();
    }

    private IAsyncStream<BackendStatus> Backends => Stream<BackendStatus>(Names.LiveBackends);

    private IAsyncStream<RequestNews> Requests => Stream<RequestNews>(Names.LiveStories);

    private IAsyncStream<T> Stream<T>(string key) => client.GetStreamProvider(Names.TokenStreams).GetStream<T>(StreamId.Create(Names.LiveStreams, key));
}
