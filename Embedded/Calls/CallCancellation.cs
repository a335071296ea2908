namespace Orleans.Embedded;

/// <summary>
/// The two ends of a call's cancellation: the caller's token answers the call at once, and the grain's own token is
/// cancelled in a turn of the grain, so that what is registered on it never runs in the middle of another turn.
/// </summary>
internal sealed class CallCancellation : ITurn, IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly ICall _call;
    private readonly Action _answer;
    private readonly CancellationTokenRegistration _registration;

    public CallCancellation(ICall call, CancellationToken callers, Action answer)
    {
        _call = call;
        _answer = answer;
        _registration = callers.UnsafeRegister(static state => ((CallCancellation)state!).OnCancelled(), this);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The call has ended. The source itself holds nothing that needs disposing.</summary>
    public void Dispose() => _registration.Unregister();

    void ITurn.Run()
    {
        try
        {
            _source.Cancel();
        }
        catch (AggregateException exception)
        {
            _call.Target!.Class.Engine.Log.CancellationCallbackFailed(_call.Method.Name, _call.Target.GrainId, exception);
        }
    }

    private void OnCancelled()
    {
        _answer();

        // Not yet taken by an activation: it will be found answered and not started.
        var activation = _call.Target;
        if (activation is null || activation.Withdraw(_call)) return;
        activation.Post(this);
    }
}
