using System.Runtime.CompilerServices;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Streams;

/// <summary>
/// The events of one inference, and whether it is still there. A call into a silo that was killed can stay unanswered for the whole response
/// timeout; a reader that waits is told of the loss by <see cref="InferenceWatch"/> within seconds.
/// </summary>
internal sealed class WatchedEvents : IAsyncEnumerator<InferenceEvent>
{
    private readonly InferenceWatch _watch;
    private readonly IInferenceGrain _inference;
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<InferenceEvent> _events;
    private long _waitsSince;
    private long _pulledAt;
    private int _asking;
    private bool _over;
    private bool _unreachable;
    private volatile bool _lost;
    private volatile bool _answered;

    public WatchedEvents(
        InferenceWatch watch, IInferenceGrain inference, Func<CancellationToken, IAsyncEnumerable<InferenceEvent>> read, CancellationToken clientLeft)
    {
        _watch = watch;
        _inference = inference;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(clientLeft);
        _events = read(_stop.Token).GetAsyncEnumerator(_stop.Token);
        AskedAt = _pulledAt = watch.Now;
    }

    public InferenceEvent Current => _events.Current;

    /// <summary>The inference has ended, and its activation with it: there is nothing to tell it.</summary>
    public bool HasEndedHere => _events is HandedEvents { HasEnded: true };

    /// <summary>Its activation goes by itself when it ends.</summary>
    public bool IsHere => _events is HandedEvents { IsHere: true };

    /// <summary>The inference has said something, be it that it is there.</summary>
    public bool HasAnswered => _answered;

    /// <summary>When the reader began to wait for the next event, as a timestamp; 0: it does not wait.</summary>
    public long WaitsSince => Volatile.Read(ref _waitsSince);

    /// <summary>When an event was asked for last that was not there already, as a timestamp: in another process the inference has heard of its reader then.</summary>
    public long PulledAt => Volatile.Read(ref _pulledAt);

    /// <summary>When the inference was asked last, or begun, as a timestamp. For the watch alone.</summary>
    public long AskedAt { get; private set; }

    /// <exception cref="ContactLostException">The inference is not there any more.</exception>
    public ValueTask<bool> MoveNextAsync()
    {
        var next = _events.MoveNextAsync();
        return next.IsCompletedSuccessfully ? new(Saw(next.Result)) : WaitAsync(next);
    }

    public ValueTask DisposeAsync()
    {
        _watch.Forget(this);
        if (!_lost && !_unreachable) return EndAsync();
        // The engine tells a silo that is not there any more, or cannot be found, and waits for its answer: the client's next try must not.
        _ = EndAsync().AsTask().ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return ValueTask.CompletedTask;
    }

    /// <summary>Asks the inference whether it runs. One question at a time.</summary>
    public async Task AskAsync()
    {
        if (Interlocked.Exchange(ref _asking, 1) == 1) return;
        AskedAt = _watch.Now;
        try
        {
            if (await _inference.IsRunningAsync()) _answered = true;
            else await LoseAsync();
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // Busy, or dead and not yet known to be: only the word of a living silo that it is not there counts, and the next question gets it.
        }
        finally
        {
            Volatile.Write(ref _asking, 0);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync(ValueTask<bool> next)
    {
        var now = _watch.Now;
        Volatile.Write(ref _pulledAt, now);
        Volatile.Write(ref _waitsSince, now);
        try
        {
            return Saw(await next);
        }
        catch (OperationCanceledException) when (_lost)
        {
            throw new ContactLostException("The inference that was read is not there any more.");
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            _unreachable = true;
            throw;
        }
        finally
        {
            Volatile.Write(ref _waitsSince, 0);
        }
    }

    private async Task LoseAsync()
    {
        // An answer to a question that was asked before the last event came says nothing about now.
        // And an inference that has handed over its end is not lost: what is ready is yet to be read.
        if (WaitsSince == 0 || HasEndedHere) return;
        _lost = true;
        await _stop.CancelAsync();
    }

    private bool Saw(bool more)
    {
        _answered = true;
        _over = !more;
        return more;
    }

    private async ValueTask EndAsync()
    {
        // An enumeration that has told its end has ended by itself, on either engine. Orleans would send the grain a message that says so, and wait for its answer.
        if (!_over || _events is HandedEvents) await _events.DisposeAsync();
        // Not disposed when lost: a question may still be on its way to cancel it.
        if (!_lost) _stop.Dispose();
    }
}
