using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using OrleansLlm.Inference;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Api.Streams;

/// <summary>
/// Reads the events of one inference in order and each once: pages of its log until there is no more, then its Orleans stream, and the log
/// again for whatever the stream did not bring. The stream may lose, repeat and be late; the log decides.
/// </summary>
/// <param name="caller">Who resumes; null for the first reader, whom the inference waits for.</param>
/// <param name="lag">Of the stream.</param>
internal sealed partial class LogReader(
    IInferenceGrain inference, IAsyncStream<LogPage> stream, string? caller, HistogramMetric lag, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>Pages of up to 64 KiB, a token each as a rule.</summary>
    private const int InboxCapacity = 32;

    private const int MaxPage = 500;

    /// <summary>A first reader tells that it has so much: a quarter of what the inference lets it have outstanding.</summary>
    private const long TellEveryBytes = 64 * 1024;

    /// <summary>Without news the log is looked into: the last item may be lost, or the inference with its silo.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly EventInbox _inbox = new(InboxCapacity, time);
    private StreamSubscriptionHandle<LogPage>? _subscription;
    private long _asked;
    private long _untold;

    public async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        var subscribing = stream.SubscribeAsync((page, _) =>
        {
            // The clocks of two nodes may differ by more than the way takes.
            if (page.Sent is { } sent) lag.Record(Math.Max(0, (time.GetUtcNow() - sent).TotalSeconds));
            _inbox.Offer(page);
            return Task.CompletedTask;
        });
        try
        {
            _subscription = await subscribing.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _ = EndAsync(subscribing);
            throw;
        }
    }

    /// <summary>The last event is the end of the inference, or a failure of this reader: <see cref="FailureKind.StreamLogFull"/>.</summary>
    /// <exception cref="ContactLostException">The inference is not there any more.</exception>
    public async IAsyncEnumerable<InferenceEvent> ReadAsync(long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = from;
        while (true)
        {
            long last;
            do
            {
                var answer = await AskAsync(next, MaxPage);
                if (answer is LogRefused { Reason: LogRefusal.Gone, First: var first })
                {
                    yield return new InferenceFailed(Failure.StreamLogFull(first));
                    yield break;
                }

                var page = PageOf(answer);
                foreach (var read in page.Events)
                {
                    next++;
                    yield return read;
                }

                last = page.Last;
                if (page.Ended && next > last) yield break;
            }
            while (next <= last);

            if (_subscription is null)
            {
                // What comes between that page and this subscription is in the next page.
                await SubscribeAsync(cancellationToken);
                continue;
            }

            // A page that begins after what is expected next leaves a gap: the log has it, and the page as well.
            while (await _inbox.TakeAsync(Patience, cancellationToken) is { } live && live.From <= next)
            {
                for (; next < live.Next; next++)
                {
                    var read = live.Events[(int)(next - live.From)];
                    _untold += read is TokenChunk chunk ? chunk.Json.Length : 0;
                    yield return read;
                    if (read.IsEnd) yield break;
                }

                if (IsDueToTell) PageOf(await AskAsync(next, 0));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_subscription is not { } subscription) return;
        _subscription = null;
        await EndAsync(Task.FromResult(subscription));
    }

    private async Task EndAsync(Task<StreamSubscriptionHandle<LogPage>> subscribing)
    {
        try
        {
            await (await subscribing).UnsubscribeAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The answer to the client matters more; the stream ends with its inference.
            LogNotUnsubscribed(inference.GetPrimaryKeyString(), e);
        }
    }

    private bool IsDueToTell => caller is null && (_untold >= TellEveryBytes || time.GetElapsedTime(_asked) >= Patience);

    private Task<LogAnswer> AskAsync(long from, int max)
    {
        _asked = time.GetTimestamp();
        _untold = 0;
        return inference.ReadLogAsync(new LogQuery(from, max, caller));
    }

    private static LogPage PageOf(LogAnswer answer) =>
        answer as LogPage ?? throw new ContactLostException("The inference that was read is not there any more.");

    [LoggerMessage(EventId = 3201, EventName = "NotUnsubscribed", Level = LogLevel.Warning, Message = "The stream of inference {Inference} could not be unsubscribed from")]
    private partial void LogNotUnsubscribed(string inference, Exception exception);
}
