using Microsoft.Extensions.Logging;
using OrleansLlm.Recent;

namespace OrleansLlm.Grains.Recent;

/// <summary>
/// Gathers what ends in this process and sends it on, a few times a second at most. Takes nothing from a request but the time to put it into a list; past
/// <see cref="Capacity"/> a moment what comes is not told of (the ledger has it).
/// </summary>
internal sealed partial class StoryBox : IDisposable
{
    /// <summary>Stories of one moment.</summary>
    public const int Capacity = 200;

    public static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly IGrainFactory _grains;
    private readonly ILogger<StoryBox> _logger;
    private readonly ITimer _timer;
    private List<RequestStory> _stories = [];

    public StoryBox(IGrainFactory grains, TimeProvider time, ILogger<StoryBox> logger)
    {
        (_grains, _logger) = (grains, logger);
        _timer = time.CreateTimer(static box => _ = ((StoryBox)box!).SendAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(RequestStory story)
    {
        lock (_gate)
        {
            if (_stories.Count == Capacity) return;
            _stories.Add(story);
            if (_stories.Count == 1) _timer.Change(Gather, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private async Task SendAsync()
    {
        List<RequestStory> sent;
        lock (_gate) (sent, _stories) = (_stories, []);
        try
        {
            if (sent.Count > 0) await _grains.GetGrain<IRecentRequestsGrain>(IRecentRequestsGrain.Key).AddAsync([.. sent]);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogNotSent(sent.Count, e);
        }
    }

    [LoggerMessage(EventId = 1502, EventName = "StoriesNotSent", Level = LogLevel.Debug, Message = "{Count} requests that have ended are not among the recent ones")]
    private partial void LogNotSent(int count, Exception exception);
}
