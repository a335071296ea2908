using OrleansLlm.Inference;
using Orleans.Concurrency;

namespace OrleansLlm.Caching;

/// <summary>
/// One inference that several requests read. It belongs to none of them: each has its own admission, settlement and ledger row, and it ends
/// when the last of them has left.
/// </summary>
[Alias("OrleansLlm.ISharedInferenceGrain")]
public interface ISharedInferenceGrain : IGrainWithStringKey
{
    /// <summary>Runs the request in the grain's own time. Idempotent.</summary>
    /// <param name="cacheKey">Of the cache grain that is told of the end.</param>
    /// <param name="reader">The first one; it has yet to call <see cref="ReadAsync"/>.</param>
    [ResponseTimeout("00:00:05")]
    [Alias("Start")]
    Task StartAsync(string cacheKey, string reader, InferenceRequest request);

    /// <summary>
    /// All events from the first. One that ends without <see cref="InferenceEvent.IsEnd"/> is not there any more, or cannot be joined any more.
    /// </summary>
    /// <param name="reader">Its inference id.</param>
    [Alias("Read")]
    IAsyncEnumerable<InferenceEvent> ReadAsync(string reader, CancellationToken cancellationToken = default);

    /// <summary>The reader is still there; one that has not been heard for 20 s is taken for dead.</summary>
    /// <returns>False: there is no such inference any more.</returns>
    [AlwaysInterleave]
    [ResponseTimeout("00:00:03")]
    [Alias("Stay")]
    Task<bool> StayAsync(string reader);

    /// <summary>The reader has seen the end, or has left before it. Idempotent, and valid before <see cref="ReadAsync"/> has arrived.</summary>
    /// <returns>
    /// Whether the tokens are this reader's to pay: the first of those who stayed to the end pays, and who leaves last before it.
    /// </returns>
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    [Alias("Leave")]
    Task<bool> LeaveAsync(string reader);
}
