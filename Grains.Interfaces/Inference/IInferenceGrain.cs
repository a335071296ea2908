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
    /// Runs the request in the grain's own time, for a reader of the same process that has laid out a <see cref="Handover"/>. The events are those
    /// of <see cref="RunAsync"/>; after the last one the activation goes by itself.
    /// </summary>
    /// <returns>False when there is no such reader here: nothing was begun.</returns>
    [Alias("RunHere")]
    Task<bool> RunHereAsync(InferenceRequest request);

    /// <summary>
    /// Runs the request in the grain's own time, for a reader on an Orleans stream. The events are those of <see cref="RunAsync"/>, numbered
    /// from 0; the reader pages them with <see cref="ReadLogAsync"/>, whose first call also begins their publication on the stream named
    /// <see cref="Names.InferenceStreams"/> and this grain's key. Idempotent.
    /// </summary>
    [Alias("Start")]
    Task StartAsync(InferenceRequest request);

    /// <summary>Runs the request like <see cref="StartAsync"/>, but waits for no reader: its log is kept like that of a resumable answer. Idempotent.</summary>
    /// <returns>Why it was not begun; null: it was.</returns>
    [Alias("StartInBackground")]
    Task<Failure?> StartInBackgroundAsync(InferenceRequest request);

    /// <summary>A page of the events of a detached or resumable inference. Never waits: at the end of the log the page is empty.</summary>
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    [Alias("ReadLog")]
    Task<LogAnswer> ReadLogAsync(LogQuery query);

    /// <summary>The caller wants no more of its resumable answer. Idempotent.</summary>
    /// <returns>False when there is no such answer, or it is not this caller's.</returns>
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    [Alias("CancelResumable")]
    Task<bool> CancelResumableAsync(string caller);

    /// <summary>
    /// The client has left. Idempotent, and valid before <see cref="RunAsync"/> has arrived: disposing an enumerator alone is not prompt
    /// on Orleans (docs/adr/0002-tokens-by-enumerable.md).
    /// </summary>
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    [Alias("Cancel")]
    Task CancelAsync();

    /// <summary>
    /// Whether this activation has been given its inference. False from an activation that only this question woke: the one that ran it has
    /// gone with its silo.
    /// </summary>
    [AlwaysInterleave]
    [ResponseTimeout("00:00:03")]
    [Alias("IsRunning")]
    Task<bool> IsRunningAsync();

    /// <summary>
    /// The first reader has seen the end or left: the activation may go, unless it keeps a resumable answer. Not done by the iterator itself,
    /// which would abort its own last items.
    /// </summary>
    [OneWay]
    [Alias("Close")]
    Task CloseAsync();
}
