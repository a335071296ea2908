using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// An answer that has begun. Where its model has opted in to <c>continue_on_failure</c> and a backend fails in the middle of its text,
/// another one is given that text and goes on with it.
/// </summary>
internal sealed class OpenAnswer(Dispatched first, Dispatcher dispatcher, CancellationToken clientLeft) : IAsyncDisposable
{
    private const int MaxContinuations = 3;

    private readonly ContinuedChunks _chunks = new();
    private UpstreamAttempt _current = first.Answer!;
    private string _group = first.Started!.ModelGroup;

    public Deployment Deployment => _current.Deployment;

    /// <summary>Over when <see cref="NextAsync"/> has what comes next from the backend.</summary>
    public Arrival ArrivalAsync() => _current.ArrivalAsync();

    /// <summary>The next event for the client; the last is <see cref="InferenceCompleted"/> or <see cref="InferenceFailed"/>.</summary>
    public async ValueTask<InferenceEvent> NextAsync()
    {
        while (true)
        {
            var next = await _current.NextAsync();
            switch (next)
            {
                case InferenceFailed failed when MayGoOn(failed.Failure) && await dispatcher.GoOnAsync(_group, _current, clientLeft) is { } other:
                    _chunks.GoOnAfter(_current.Usage);
                    await _current.DisposeAsync();
                    (_current, _group) = (other.Answer!, other.Started!.ModelGroup);
                    continue;
                case TokenChunk chunk when _chunks.Continuations > 0:
                    if (_chunks.Adjust(chunk) is { } adjusted) return adjusted;
                    continue;
                case TokenChunk chunk when _current.Text is not null:
                    _chunks.Saw(chunk);
                    return chunk;
                case InferenceCompleted completed:
                    return _chunks.Adjust(completed);
                default:
                    return next;
            }
        }
    }

    public ValueTask DisposeAsync() => _current.DisposeAsync();

    private bool MayGoOn(Failure failure) =>
        _current.Text is { CanBeContinued: true }
        && _chunks.Continuations < MaxContinuations
        && !clientLeft.IsCancellationRequested
        && failure.Kind is FailureKind.UpstreamStatus or FailureKind.UpstreamUnreachable or FailureKind.UpstreamTimeout or FailureKind.UpstreamProtocol;
}
