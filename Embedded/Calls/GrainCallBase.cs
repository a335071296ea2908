using Orleans.Storage;

namespace Orleans.Embedded;

/// <summary>One call: its arguments (in the generated subclass), its place in the mailbox and its answer, in one object.</summary>
/// <remarks>The answer runs its continuations elsewhere: the caller's code never runs inside a turn of the callee.</remarks>
public abstract class GrainCallBase<TResult> : TaskCompletionSource<TResult>, ICall
{
    private readonly GrainMethod _method;
    private CallCancellation? _cancellation;
    private Task? _work;

    private protected GrainCallBase(GrainMethod method)
        : base(TaskCreationOptions.RunContinuationsAsynchronously) => _method = method;

    GrainMethod ICall.Method => _method;

    Activation? ICall.Target { get; set; }

    LinkedListNode<ICall>? ICall.Place { get; set; }

    long ICall.Deadline { get; set; }

    bool ICall.IsAnswered => Task.IsCompleted;

    bool ICall.IsLocal => false;

    /// <summary>The token that the grain method gets: cancelled in a turn of the grain, never in the middle of one.</summary>
    protected CancellationToken CancellationToken => _cancellation?.Token ?? CancellationToken.None;

    private protected abstract Task Start(object grain);

    private protected abstract void Answer(Task work);

    internal void CancelWith(CancellationToken token) => _cancellation = new CallCancellation(this, token, () => TrySetCanceled(token));

    void ICall.Fail(Exception exception)
    {
        _cancellation?.Dispose();
        TrySetException(exception);
    }

    void ITurn.Run()
    {
        var activation = ((ICall)this).Target!;
        if (Task.IsCompleted)
        {
            activation.Finish(this);
            return;
        }

        try
        {
            _work = Start(activation.GrainInstance!)
                ?? System.Threading.Tasks.Task.FromException(new InvalidOperationException($"{_method.Name} returned null instead of a task."));
        }
        catch (Exception exception)
        {
            _work = System.Threading.Tasks.Task.FromException(exception);
        }

        if (_work.IsCompleted)
        {
            Complete();
            return;
        }

        activation.Track(this);
        _work.GetAwaiter().UnsafeOnCompleted(Complete);
    }

    private void Complete()
    {
        var activation = ((ICall)this).Target!;
        activation.Finish(this);
        _cancellation?.Dispose();
        if (_work!.IsFaulted)
        {
            if (_work.Exception.InnerException is InconsistentStateException { IsSourceActivation: true } inconsistent)
            {
                inconsistent.IsSourceActivation = false;
                activation.Deactivate(new(DeactivationReasonCode.ApplicationError, inconsistent, "The stored state is not the one in memory."));
            }

            if ((_method.Options & CallOptions.OneWay) != 0) activation.Class.Engine.Log.OneWayFailed(_method.Name, activation.GrainId, _work.Exception.InnerException!);
        }

        Answer(_work);
    }
}
