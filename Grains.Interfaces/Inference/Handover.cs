using System.Threading.Tasks.Sources;

namespace OrleansLlm.Inference;

/// <summary>
/// Hands the events of one inference to its reader in the same process, in order and each once, without messages and copies. Who gives waits
/// while the reader has enough to do, and with it the upstream.
/// </summary>
public sealed class Handover : IValueTaskSource<bool>
{
    /// <summary>So much may lie ready: a burst goes out in few writes, and a client that does not read holds little.</summary>
    public const int MaxEvents = 64;

    public const long MaxBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<InferenceEvent> _ready = new();
    private ManualResetValueTaskSourceCore<bool> _arrival = new() { RunContinuationsAsynchronously = true };
    private TaskCompletionSource? _room;
    private InferenceEvent? _current;
    private Exception? _failure;
    private long _bytes;
    private bool _waits;
    private bool _over;
    private bool _ended;
    private bool _left;

    /// <summary>What <see cref="TakeAsync"/> has taken.</summary>
    public InferenceEvent Current => _current ?? throw new InvalidOperationException("Nothing was taken yet.");

    /// <summary>Who gives has said so: there is nothing to cancel.</summary>
    public bool HasEnded => Volatile.Read(ref _ended);

    /// <summary>The reader wants no more.</summary>
    public bool HasLeft => Volatile.Read(ref _left);

    /// <returns>Completed when there is room for more. What is given to a reader that has left is dropped.</returns>
    public Task GiveAsync(InferenceEvent next)
    {
        lock (_gate)
        {
            if (_over) return Task.CompletedTask;
            if (!_waits)
            {
                _ready.Enqueue(next);
                _bytes += SizeOf(next);
                return IsFull ? (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
            }

            _waits = false;
            _current = next;
        }

        _arrival.SetResult(true);
        return Task.CompletedTask;
    }

    /// <summary>The inference has told its end, or could not.</summary>
    public void End(Exception? failure = null)
    {
        Volatile.Write(ref _ended, true);
        Finish(failure, dropWhatIsReady: false);
    }

    /// <summary>The reader wants no more: what lies ready is dropped, and whoever waits, on either side, goes on.</summary>
    public void Leave(CancellationToken why)
    {
        Volatile.Write(ref _left, true);
        Finish(new OperationCanceledException(why), dropWhatIsReady: true);
    }

    /// <returns>False after the last event. One reader, one question at a time.</returns>
    public ValueTask<bool> TakeAsync()
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            if (_ready.TryDequeue(out var next))
            {
                _current = next;
                _bytes -= SizeOf(next);
                if (!IsFull) (room, _room) = (_room, null);
            }
            else if (_over)
            {
                return _failure is null ? new(false) : ValueTask.FromException<bool>(_failure);
            }
            else
            {
                _arrival.Reset();
                _waits = true;
                return new(this, _arrival.Version);
            }
        }

        room?.TrySetResult();
        return new(true);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _arrival.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _arrival.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrival.OnCompleted(continuation, state, token, flags);

    private bool IsFull => _ready.Count >= MaxEvents || _bytes >= MaxBytes;

    private static long SizeOf(InferenceEvent next) => next switch
    {
        TokenChunk chunk => chunk.Json.Length,
        WholeAnswer whole => whole.Json.Length,
        _ => 0,
    };

    private void Finish(Exception? failure, bool dropWhatIsReady)
    {
        bool waited;
        TaskCompletionSource? room;
        lock (_gate)
        {
            if (dropWhatIsReady) _ready.Clear();
            if (_over) return;
            _over = true;
            _failure = failure;
            (waited, _waits) = (_waits, false);
            (room, _room) = (_room, null);
        }

        room?.TrySetResult();
        if (!waited) return;
        if (failure is null) _arrival.SetResult(false);
        else _arrival.SetException(failure);
    }
}
