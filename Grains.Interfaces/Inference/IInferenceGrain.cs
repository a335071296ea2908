using Orleans.Concurrency;

namespace OrleansLlm.Inference;

/// <summary>One request's life (the key is its request id): admission, candidates, lease, upstream call, tokens, settlement.</summary>
[Alias("OrleansLlm.IInferenceGrain")]
public interface IInferenceGrain : IGrainWithStringKey
{
    /// <summary>
    /// Runs the request. The first event is <see cref="InferenceStarted"/> or <see cref="InferenceFailed"/>; then
    /// <see cref="TokenChunk"/>s (or one <see cref="WholeAnswer"/> for a client that did not ask for a stream); the last is
    /// <see cref="InferenceCompleted"/> or <see cref="InferenceFailed"/>.
    /// </summary>
    [Alias("Run")]
    IAsyncEnumerable<InferenceEvent> RunAsync(InferenceRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// The client has left. Idempotent, and valid before <see cref="RunAsync"/> has arrived: disposing an enumerator alone is not prompt
    /// on Orleans (docs/adr/0002-tokens-by-enumerable.md).
    /// </summary>
    [AlwaysInterleave]
    [Alias("Cancel")]
    Task CancelAsync();

    /// <summary>The reader has seen the end: the activation may go. Not done by the iterator itself, which would abort its own last items.</summary>
    [OneWay]
    [Alias("Close")]
    Task CloseAsync();
}
