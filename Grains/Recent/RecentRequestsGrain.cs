using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansLlm.Recent;

namespace OrleansLlm.Grains.Recent;

/// <summary>The shell around <see cref="StoryRing"/>: the calls, and the stream for those who watch.</summary>
[GrainType("recent-requests")]
internal sealed partial class RecentRequestsGrain(TimeProvider time, ILogger<RecentRequestsGrain> logger) : Grain, IRecentRequestsGrain
{
    private const int Capacity = 1000;

    private readonly StoryRing _ring = new(Capacity);
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _watchedUntil;

    public async Task AddAsync(ImmutableArray<RequestStory> stories)
    {
        foreach (var story in stories) _ring.Add(story);
        if (time.GetElapsedTime(_start) >= _watchedUntil) return;
        try
        {
            var stream = this.GetStreamProvider(Names.TokenStreams).GetStream<RequestStory>(StreamId.Create(Names.LiveStreams, Names.LiveRequests));
            foreach (var story in stories) await stream.OnNextAsync(story);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // They are in the ring: whoever looks again sees them.
            LogNotTold(e);
        }
    }

    public Task<ImmutableArray<RequestStory>> ListAsync(StoryQuery query) => Task.FromResult(_ring.List(query));

    public Task<RequestStory?> FindAsync(string requestId) => Task.FromResult(_ring.Find(requestId));

    public Task WatchAsync(TimeSpan lasting)
    {
        _watchedUntil = time.GetElapsedTime(_start) + lasting;
        return Task.CompletedTask;
    }

    [LoggerMessage(EventId = 1501, EventName = "StoriesNotTold", Level = LogLevel.Debug, Message = "Requests that have ended did not reach those who watch")]
    private partial void LogNotTold(Exception exception);
}
