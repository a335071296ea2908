using System.Threading.Tasks.Sources;

namespace Orleans.Embedded;

/// <summary>
/// One enumeration: the reader's half here, the grain's half in the other file. They take turns with one buffer: it belongs to
/// the grain from the reader's request to the delivery, and to the reader from then to its next request. The grain is pulled:
/// it is never further ahead than one batch and the one element it was already waiting for.
/// </summary>
internal sealed partial class Enumeration<T>(GrainEnumerable<T> source, CancellationToken readersToken) : IAsyncEnumerator<T>, IValueTaskSource<bool>
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _answer;
    private CancellationTokenRegistration _onReadersToken;
    private CancellationTokenRegistration _onArgument;
    private T[] _buffer = [];
    private int _count;
    private int _index = -1;

    // Guarded by _gate.
    private bool _begun;
    private bool _requested;
    private bool _stopping;
    private bool _ended;
    private bool _told;
    private Exception? _error;
    private TaskCompletionSource? _end;
    private bool _disposed;

    public T Current => (uint)_index < (uint)_count ? _buffer[_index] : throw new InvalidOperationException("There is no current element.");

    public ValueTask<bool> MoveNextAsync() => ++_index < _count ? new(true) : RequestAsync();

    public ValueTask DisposeAsync()
    {
        Task end;
        lock (_gate)
        {
            if (_disposed) return default;
            _disposed = true;
            _index = _count = 0;
            if (!_begun || _ended) return default;
            _end ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            end = _end.Task;
        }

        Stop(new ObjectDisposedException(nameof(Enumeration<>)));
        return WaitForEndAsync(end);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);

    private ValueTask<bool> RequestAsync()
    {
        if (readersToken.IsCancellationRequested) return Cancelled(readersToken);
        if (source.Argument.IsCancellationRequested) return Cancelled(source.Argument);
        bool begin, pull;
        ValueTask<bool> answer;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_requested) throw new InvalidOperationException("The enumeration is still waiting for its next element.");
            if (_ended || _told || _stopping) return Outcome();
            // What has been read is the reader's: a slow grain's buffer must not keep it until the next batch.
            Array.Clear(_buffer, 0, _count);
            _index = -1;
            _count = 0;
            _answer.Reset();
            _requested = true;
            answer = new(this, _answer.Version);
            begin = !_begun;
            _begun = true;

            // If the grain is already waiting for its next element, that one answers.
            pull = !begin && !_moving;
        }

        if (begin) Begin();
        else if (pull) Target!.Post(this);
        return answer;
    }

    /// <summary>The end as the reader sees it, after its last element: once an error, from then on just the end.</summary>
    private ValueTask<bool> Outcome()
    {
        _index = _count = 0;
        _told = true;
        var error = _error;
        _error = null;
        return error is null ? new(false) : ValueTask.FromException<bool>(error);
    }

    private ValueTask<bool> Cancelled(CancellationToken token)
    {
        Stop(new OperationCanceledException(token));
        _index = _count = 0;
        lock (_gate)
        {
            _told = true;
            _error = null;
        }

        return ValueTask.FromException<bool>(new OperationCanceledException(token));
    }

    private void Begin()
    {
        if (readersToken.CanBeCanceled)
            _onReadersToken = readersToken.UnsafeRegister(static (self, token) => ((Enumeration<T>)self!).Stop(new OperationCanceledException(token)), this);
        if (source.Argument.CanBeCanceled && source.Argument != readersToken)
            _onArgument = source.Argument.UnsafeRegister(static (self, token) => ((Enumeration<T>)self!).Stop(new OperationCanceledException(token)), this);
        source.Address.Class.Dispatch(source.Address.Key, this);
    }

    /// <summary>The grain's own end of it follows the reader's, but not for ever: a grain may not listen to its token.</summary>
    private async ValueTask WaitForEndAsync(Task end)
    {
        var engine = source.Address.Class.Engine;
        try
        {
            await end.WaitAsync(engine.Messaging.ResponseTimeout, engine.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            engine.Log.EnumerationOverdue(source.Method.Name, source.Address.Id);
        }
    }
}
