using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Streams;

/// <summary>
/// Asks every inference that a reader of this process waits for, and that has been silent for a while, whether it is still there. One timer
/// for all of them, one short question a second for each that is silent; answers that flow cost nothing. An inference in another process is asked
/// as well while its reader waits for a slow client: there the question says that the reader is still there.
/// </summary>
internal sealed partial class InferenceWatch : IDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>An inference that is asked nothing, because its answer flows without calls, would be idle to the engine: below its collection age.</summary>
    private static readonly TimeSpan StayAwake = TimeSpan.FromMinutes(4);

    private readonly ConcurrentDictionary<WatchedEvents, byte> _open = new();
    private readonly TimeProvider _time;
    private readonly ILogger<InferenceWatch> _logger;
    private readonly ITimer _timer;

    public InferenceWatch(TimeProvider time, ILogger<InferenceWatch> logger)
    {
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(static watch => ((InferenceWatch)watch!).Look(), this, Period, Period);
    }

    public long Now => _time.GetTimestamp();

    public WatchedEvents Open(IInferenceGrain inference, Func<CancellationToken, IAsyncEnumerable<InferenceEvent>> read, CancellationToken clientLeft)
    {
        var events = new WatchedEvents(this, inference, read, clientLeft);
        _open.TryAdd(events, 0);
        return events;
    }

    public void Forget(WatchedEvents events) => _open.TryRemove(events, out _);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        foreach (var (events, _) in _open)
        {
            var isSilent = events.WaitsSince is not 0 and var since && _time.GetElapsedTime(since) >= Silence;
            if (isSilent || IsUnheard(events) || _time.GetElapsedTime(events.AskedAt) >= StayAwake) _ = AskAsync(events);
        }
    }

    /// <summary>The reader is busy with its client, or with events that came together, and has told another process nothing of itself for a while.</summary>
    private bool IsUnheard(WatchedEvents events) =>
        events is { IsHere: false, WaitsSince: 0 } && _time.GetElapsedTime(Math.Max(events.AskedAt, events.PulledAt)) >= Silence;

    private async Task AskAsync(WatchedEvents events)
    {
        try
        {
            await events.AskAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The reader still has its own answer, or the response timeout, to come.
            LogNotAsked(e);
        }
    }

    [LoggerMessage(EventId = 3203, EventName = "WatchFailed", Level = LogLevel.Warning, Message = "A silent inference could not be asked whether it still runs")]
    private partial void LogNotAsked(Exception exception);
}
