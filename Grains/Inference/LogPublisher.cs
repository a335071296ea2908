using Microsoft.Extensions.Logging;
using Orleans.Streams;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Sends what is appended to a log to its stream, from the first reader's first page on: an answer that nobody resumes costs no message.
/// What gathers while one message is under way is the next one. A message that fails is not repeated, because every reader fills its gaps
/// from the log.
/// </summary>
internal sealed class LogPublisher(TokenLog log, Pulse appended, Func<IAsyncStream<LogPage>> open, string inferenceId, TimeProvider time, ILogger logger)
{
    private Task? _publishing;
    private bool _failed;
    private bool _stopped;

    /// <summary>Publishes what comes after the newest event.</summary>
    public void Begin()
    {
        if (!log.Ended) _publishing ??= PublishAsync();
    }

    /// <summary>Without an end in the log there would be none here.</summary>
    public void Stop()
    {
        _stopped = true;
        appended.Beat();
    }

    private async Task PublishAsync()
    {
        var next = log.Last + 1;
        while (!_stopped)
        {
            if (next > log.Last)
            {
                if (log.Ended) return;
                await appended.Next;
                continue;
            }

            // What has left the log before its turn came is a gap like any other.
            var page = (LogPage)log.Read(Math.Max(next, log.First));
            next = page.Next;
            await TryPublishAsync(page);
        }
    }

    private async Task TryPublishAsync(LogPage page)
    {
        try
        {
            await open().OnNextAsync(page with { Sent = time.GetUtcNow() });
            _failed = false;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (!_failed) logger.PublishFailed(inferenceId, e);
            _failed = true;
        }
    }
}
