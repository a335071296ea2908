using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansLlm.Recent;

namespace OrleansLlm.Grains.Recent;

/// <summary>The shell around <see cref="StoryRing"/> and <see cref="StoryNews"/>: the calls, and the stream for those who watch.</summary>
[GrainType("recent-requests")]
internal sealed partial class RecentRequestsGrain(TimeProvider time, ILogger<RecentRequestsGrain> logger) : Grain, IRecentRequestsGrain
{
    private const int Capacity = 1000;

    private readonly StoryRing _ring = new(Capacity);
    private readonly StoryNews _news = new(time.GetUtcNow().UtcTicks);
    private readonly long _start = time.GetTimestamp();
    private IGrainTimer? _telling;

    private TimeSpan Now => time.GetElapsedTime(_start);

    public Task AddAsync(ImmutableArray<RequestStory> stories)
    {
        foreach (var story in stories) _ring.Add(story);
        if (_news.Add(stories, Now)) TellSoon();
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<RequestStory>> ListAsync(StoryQuery query) => Task.FromResult(_ring.List(query));

    public Task<RequestStory?> FindAsync(string requestId) => Task.FromResult(_ring.Find(requestId));

    public Task WatchAsync(TimeSpan lasting)
    {
        if (_news.Watch(lasting, Now)) TellSoon();
        return Task.CompletedTask;
    }

    // Outside of the calls: the stream's node may be the one that has just died, and nobody who asks is to wait for that.
    private void TellSoon()
    {
        _telling ??= this.RegisterGrainTimer(TellAsync, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true });
        _telling.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        if (_news.Take(Now) is not { } news) return;
        try
        {
            await this.GetStreamProvider(Names.TokenStreams).GetStream<RequestNews>(StreamId.Create(Names.LiveStreams, Names.LiveStories)).OnNextAsync(news);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // They are in the ring: whoever watches sees that some are missing, and asks.
            LogNotTold(e);
        }
    }

    [LoggerMessage(EventId = 1501, EventName = "StoriesNotTold", Level = LogLevel.Debug, Message = "Requests that have ended did not reach those who watch")]
    private partial void LogNotTold(Exception exception);
}
