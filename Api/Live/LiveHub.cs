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
/// seconds each backend is asked, which tells it at the same time that somebody still watches, and shows whether the streams still flow.
/// </summary>
internal sealed partial class LiveHub
{
    /// <summary>Browsers at once, of one node.</summary>
    public const int MostWatchers = 256;

    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly IClusterClient _cluster;
    private readonly ICatalog _catalog;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveHub> _logger;
    private readonly LiveSubscription<BackendStatus> _backends;
    private readonly LiveSubscription<RequestNews> _requests;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, BackendStatus> _known = new(StringComparer.Ordinal);
    private readonly StoryOrder _order = new();
    private ImmutableArray<LiveInbox> _watchers = [];
    private CancellationTokenSource? _watching;

    public LiveHub(IClusterClient cluster, ICatalog catalog, TimeProvider time, ILogger<LiveHub> logger)
    {
        (_cluster, _catalog, _time, _logger) = (cluster, catalog, time, logger);
        _backends = new LiveSubscription<BackendStatus>(() => Stream<BackendStatus>(Names.LiveBackends), HearAsync, logger);
        _requests = new LiveSubscription<RequestNews>(() => Stream<RequestNews>(Names.LiveStories), HearAsync, logger);
    }

    private IRecentRequestsGrain Recent => _cluster.GetGrain<IRecentRequestsGrain>(IRecentRequestsGrain.Key);

    /// <summary>As this node knows it; null: it does not, or there is no such backend any more.</summary>
    public BackendStatus? Find(string backend) => _known.GetValueOrDefault(backend);

    /// <returns>Null: too many watch already.</returns>
    public LiveInbox? Join()
    {
        var inbox = new LiveInbox(_time);
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
            _backends.End();
            _requests.End();
            // Who comes next sees nothing old.
            _known.Clear();
            _order.Forget();
        }

        watching.Cancel();
        watching.Dispose();
    }

    private async Task WatchAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                // Asked first: the first page must not wait for the streams.
                var (backends, requests) = await AskAllAsync(stop);
                lock (_gate)
                {
                    if (_watching?.Token != stop) return;
                    _backends.Tend(backends);
                    _requests.Tend(requests);
                }

                await Task.Delay(AskEvery, _time, stop);
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // Nobody watches any more.
        }
    }

    /// <returns>Whether a backend has answered, and whether the grain of the requests has.</returns>
    private async Task<(bool Backends, bool Requests)> AskAllAsync(CancellationToken stop)
    {
        var names = _catalog.Current.Backends.Keys.ToList();
        foreach (var gone in _known.Keys.Except(names))
        {
            if (_known.TryRemove(gone, out _)) Tell(i => i.Changed(gone));
        }

        var requests = AnsweredAsync(() => Recent.WatchAsync(Lasting).WaitAsync(Patience, _time, stop), stop);
        var backends = await Task.WhenAll(names.Select(n => AnsweredAsync(async () =>
            await HearAsync(await _cluster.GetGrain<IBackendGrain>(n).WatchAsync(Lasting).WaitAsync(Patience, _time, stop)), stop)));
        return (backends.Contains(true), await requests);
    }

    private async Task<bool> AnsweredAsync(Func<Task> ask, CancellationToken stop)
    {
        try
        {
            await ask();
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException && !stop.IsCancellationRequested)
        {
            // Its node was lost or is busy: what is known gets old, and the page says how old.
            LogNotAnswered(e);
            return false;
        }
    }

    private Task HearAsync(BackendStatus status)
    {
        var name = status.Snapshot.Name;
        lock (_gate)
        {
            // The stream may bring what an answer has overtaken; of another node the clock says little.
            if (_watching is null || !_catalog.Current.Backends.ContainsKey(name)) return Task.CompletedTask;
            if (_known.TryGetValue(name, out var known) && known.Node == status.Node && known.At > status.At) return Task.CompletedTask;
            _known[name] = status;
        }

        Tell(i => i.Changed(name));
        return Task.CompletedTask;
    }

    private async Task HearAsync(RequestNews news)
    {
        bool missed;
        lock (_gate)
        {
            if (_watching is null) return;
            missed = _order.Missed(news);
        }

        var stories = missed ? await NewestAsync() ?? news.Stories : news.Stories;
        foreach (var story in stories) Tell(i => i.Ended(story));
    }

    /// <returns>The oldest first, and all that a browser can be told of at once: it knows what it has been told before. Null: nobody knows.</returns>
    private async Task<ImmutableArray<RequestStory>?> NewestAsync()
    {
        try
        {
            var newest = await Recent.ListAsync(new StoryQuery { Most = LiveInbox.MostStories }).WaitAsync(Patience, _time);
            return [.. newest.Reverse()];
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogNotAnswered(e);
            return null;
        }
    }

    private void Tell(Action<LiveInbox> tell)
    {
        ImmutableArray<LiveInbox> watchers;
        lock (_gate) watchers = _watchers;
        foreach (var watcher in watchers) tell(watcher);
    }

    private IAsyncStream<T> Stream<T>(string key) => _cluster.GetStreamProvider(Names.TokenStreams).GetStream<T>(StreamId.Create(Names.LiveStreams, key));

    [LoggerMessage(EventId = 3412, EventName = "LiveNotAnswered", Level = LogLevel.Debug, Message = "A question of the live pages was not answered; it is asked again")]
    private partial void LogNotAnswered(Exception exception);
}
