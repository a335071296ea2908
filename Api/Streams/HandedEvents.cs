using OrleansLlm.Inference;

namespace OrleansLlm.Api.Streams;

/// <summary>
/// The events of an inference that runs in this process, handed over without messages; where the engine has placed it elsewhere, its enumeration.
/// </summary>
internal sealed class HandedEvents(Handovers handovers, IInferenceGrain inference, string key, InferenceRequest request, CancellationToken stop)
    : IAsyncEnumerable<InferenceEvent>, IAsyncEnumerator<InferenceEvent>
{
    private CancellationTokenRegistration _leaving;
    private Handover? _handover;
    private IAsyncEnumerator<InferenceEvent>? _elsewhere;

    public InferenceEvent Current => _elsewhere is { } elsewhere ? elsewhere.Current : _handover!.Current;

    /// <summary>It runs here, and its activation goes by itself when it has ended.</summary>
    public bool IsHere { get; private set; }

    /// <summary>It has run here, and has ended.</summary>
    public bool HasEnded => IsHere && _handover is { HasEnded: true };

    public IAsyncEnumerator<InferenceEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync() =>
        _elsewhere is { } elsewhere ? elsewhere.MoveNextAsync() : _handover is { } handover ? handover.TakeAsync() : BeginAsync();

    public ValueTask DisposeAsync()
    {
        Forget();
        return _elsewhere?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private async ValueTask<bool> BeginAsync()
    {
        _handover = handovers.Open(key);
        _leaving = stop.UnsafeRegister(static (handover, token) => ((Handover)handover!).Leave(token), _handover);
        IsHere = await inference.RunHereAsync(request).WaitAsync(stop);
        if (IsHere) return await _handover.TakeAsync();
        Forget();
        _elsewhere = inference.RunAsync(request, stop).GetAsyncEnumerator(stop);
        return await _elsewhere.MoveNextAsync();
    }

    private void Forget()
    {
        if (_handover is not { } handover) return;
        _leaving.Dispose();
        handovers.Close(key);
        // Whoever still gives must not wait for room.
        handover.Leave(stop);
    }
}
