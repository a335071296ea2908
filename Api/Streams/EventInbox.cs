using OrleansLlm.Inference;

namespace OrleansLlm.Api.Streams;

/// <summary>
/// The bounded buffer between a subscription and a reader that may be slower. What does not fit is dropped and remembered as missed: the reader
/// finds it in the log.
/// </summary>
internal sealed class EventInbox(int capacity, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Queue<LogPage> _pages = new();
    private TaskCompletionSource? _arrived;
    private bool _missed;

    /// <summary>Never waits: it is called by the engine's delivery, which serves other readers as well.</summary>
    public void Offer(LogPage page)
    {
        lock (_gate)
        {
            if (_pages.Count < capacity) _pages.Enqueue(page);
            else _missed = true;
            _arrived?.TrySetResult();
            _arrived = null;
        }
    }

    /// <returns>Null when something was missed, or nothing came for so long: time to look into the log.</returns>
    public async ValueTask<LogPage?> TakeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrived;
            lock (_gate)
            {
                if (_pages.TryDequeue(out var page)) return page;
                if (_missed)
                {
                    _missed = false;
                    return null;
                }

                arrived = (_arrived ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            try
            {
                await arrived.WaitAsync(patience, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return null;
            }
        }
    }
}
