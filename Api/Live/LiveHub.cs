using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Recent;

namespace OrleansLlm.Api.Live;

/// <summary>
/// What all browsers at this node see: one subscription for all of them, and only while there is one. The streams bring changes at once and may lose some; every few
/// seconds each backend is asked, which tells it at the same time that somebody still watches.
/// </summary>
internal sealed partial class LiveHub(IClusterClient cluster, ICatalog catalog, TimeProvider time, ILogger<LiveHub> logger)
{
    /// <summary>Browsers at once, of one node.</summary>
    public const int MostWatchers = 256;

    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, BackendStatus> _known = new(StringComparer.Ordinal);
    private ImmutableArray<LiveInbox> _watchers = [];
    private CancellationTokenSource? _watching;

    /// <summary>As this node knows it; null: it does not, or there is no such backend any more.</summary>
    public BackendStatus? Find(string backend) => _known.GetValueOrDefault(backend);

    /// <returns>Null: too many watch already.</returns>
    public LiveInbox? Join()
    {
        var inbox = new LiveInbox(time);
        lock (_gate)
        {
            if (_watchers.Length == MostWatchers) return null;
            _watchers = _watchers.Add(inbox);
            foreach (var name in _known.Keys) inbox.Changed(name);
            if (_watching is null)
            {
                _watching = new CancellationTokenSource();
                _ = WatchAsync(_watching.Token);
            }
        }

        return inbox;
    }

    public void Leave(LiveInbox inbox)
    {
        CancellationTokenSource watching;
        lock (_gate)
        {
            _watchers = _watchers.Remove(inbox);
            if (_watchers.Length > 0 || _watching is null) return;
            (watching, _watching) = (_watching, null);
            // Who comes next sees nothing old.
            _known.Clear();
        }

        watching.Cancel();
        watching.Dispose();
    }

    private async Task WatchAsync(CancellationToken stop)
    {
        StreamSubscriptionHandle<BackendStatus>? backends = null;
        StreamSubscriptionHandle<RequestStory>? requests = null;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    // Asked first: the first page must not wait for the streams.
                    await AskAllAsync(stop);
                    var streams = cluster.GetStreamProvider(Names.TokenStreams);
                    backends ??= await streams.GetStream<BackendStatus>(StreamId.Create(Names.LiveStreams, Names.LiveBackends)).SubscribeAsync((status, _) => Heard(status, stop));
                    requests ??= await streams.GetStream<RequestStory>(StreamId.Create(Names.LiveStreams, Names.LiveRequests)).SubscribeAsync((story, _) => Heard(story, stop));
                }
                catch (Exception e) when (e is not OutOfMemoryException && !stop.IsCancellationRequested)
                {
                    LogNotHeard(e);
                }

                await Task.Delay(AskEvery, time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody watches any more.
        }

        await EndAsync(backends);
        await EndAsync(requests);
    }

    private async Task AskAllAsync(CancellationToken stop)
    {
        var names = catalog.Current.Backends.Keys.ToList();
        foreach (var gone in _known.Keys.Except(names))
        {
            if (_known.TryRemove(gone, out _)) Tell(i => i.Changed(gone));
        }

        await Task.WhenAll([.. names.Select(n => AskAsync(n, stop)), WatchRequestsAsync(stop)]);
    }

    private async Task AskAsync(string backend, CancellationToken stop)
    {
        try
        {
            await Heard(await cluster.GetGrain<IBackendGrain>(backend).WatchAsync(Lasting).WaitAsync(Patience, time, stop), stop);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // Its node was lost or is busy: what is known gets old, and the page says how old.
        }
    }

    private async Task WatchRequestsAsync(CancellationToken stop)
    {
        try
        {
            await cluster.GetGrain<IRecentRequestsGrain>(IRecentRequestsGrain.Key).WatchAsync(Lasting).WaitAsync(Patience, time, stop);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // Asked again in a few seconds.
        }
    }

    private Task Heard(BackendStatus status, CancellationToken stop)
    {
        var name = status.Snapshot.Name;
        lock (_gate)
        {
            // The stream may bring what an answer has overtaken; of another node the clock says little.
            if (stop.IsCancellationRequested || !catalog.Current.Backends.ContainsKey(name)) return Task.CompletedTask;
            if (_known.TryGetValue(name, out var known) && known.Node == status.Node && known.At > status.At) return Task.CompletedTask;
            _known[name] = status;
        }

        Tell(i => i.Changed(name));
        return Task.CompletedTask;
    }

    private Task Heard(RequestStory story, CancellationToken stop)
    {
        if (!stop.IsCancellationRequested) Tell(i => i.Ended(story));
        return Task.CompletedTask;
    }

    private void Tell(Action<LiveInbox> tell)
    {
        ImmutableArray<LiveInbox> watchers;
        lock (_gate) watchers = _watchers;
        foreach (var watcher in watchers) tell(watcher);
    }

    private async Task EndAsync<T>(StreamSubscriptionHandle<T>? subscription)
    {
        try
        {
            if (subscription is not null) await subscription.UnsubscribeAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogNotHeard(e);
        }
    }

    [LoggerMessage(EventId = 3410, EventName = "LiveFailed", Level = LogLevel.Debug, Message = "The live pages could not be told of changes; they are asked for again")]
    private partial void LogNotHeard(Exception exception);
}
