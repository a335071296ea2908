using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansLlm.Backends;

/// <summary>
/// One backend endpoint (the key is <see cref="Catalog.BackendOptions.Name"/>), for instance one Ollama container. It owns the slots,
/// the wait queue, the leases and the circuit; nobody else decides whether an inference may start there.
/// </summary>
/// <remarks>The caller chooses the lease id: it is the request id. Every call may be repeated.</remarks>
[Alias("OrleansLlm.IBackendGrain")]
public interface IBackendGrain : IGrainWithStringKey
{
    /// <summary>So long at most is a question about the queue left open: well below the time after which a call counts as lost.</summary>
    static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(10);

    static readonly TimeSpan AbandonedAfter = TimeSpan.FromSeconds(30);

    /// <summary>The fast path: a free slot or a reason why not. It never overtakes a request that already waits.</summary>
    /// <returns><see cref="SlotGranted"/> or <see cref="SlotRefused"/>; never <see cref="SlotQueued"/>.</returns>
    [Alias("TryAcquire")]
    Task<SlotAnswer> TryAcquireAsync(SlotRequest request);

    /// <summary>
    /// Takes a place in the queue, or goes on waiting in it: the caller asks again for as long as it hears of its place. What is decided between
    /// two questions is kept for the next one; who does not ask any more loses its place after <see cref="AbandonedAfter"/>.
    /// </summary>
    /// <returns>
    /// <see cref="SlotGranted"/> or <see cref="SlotRefused"/>, which end the wait; or <see cref="SlotQueued"/>, at the latest after
    /// <see cref="LongestSilence"/>. Whatever it was, <see cref="ReleaseAsync"/> is called in the end.
    /// </returns>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:00")]
    [Alias("AwaitSlot")]
    Task<SlotAnswer> WaitAsync(SlotRequest request);

    /// <summary>Extends a lease by its full duration.</summary>
    /// <returns>False when the lease is unknown or has expired: the holder must stop, the slot may be another's.</returns>
    [Alias("Renew")]
    Task<bool> RenewAsync(string requestId);

    /// <summary>The inference by which a half-open circuit is tried has its first token: the circuit closes, and the other slots are given out, before it ends.</summary>
    [Alias("Proved")]
    Task ProvedAsync(string requestId);

    /// <summary>Withdraws the waiting request or frees its slot, whichever it holds; harmless when it holds neither.</summary>
    [Alias("Release")]
    Task ReleaseAsync(SlotRelease release);

    [ReadOnly]
    [Alias("Snapshot")]
    Task<BackendSnapshot> GetSnapshotAsync();

    /// <summary>The last times to a first token of these deployments, at most 64 of each, in no order.</summary>
    [ReadOnly]
    [Alias("FirstTokens")]
    Task<ImmutableArray<TimeSpan>> GetFirstTokensAsync(ImmutableArray<string> deploymentIds);

    /// <summary>A draining backend finishes what runs and what waits elsewhere is refused here; the flag survives a restart.</summary>
    [Alias("SetDraining")]
    Task SetDrainingAsync(bool draining);

    /// <summary>Closes the circuit and forgets why deployments were sidelined, as if nothing had failed.</summary>
    [Alias("Reset")]
    Task ResetAsync();

    /// <summary>From now on, and for so long, each change is told on the stream <see cref="Names.LiveStreams"/>, several of a moment as one. This call counts as a change, so that whoever asks sees whether the stream flows.</summary>
    /// <returns>How it is now.</returns>
    [Alias("Watch")]
    Task<BackendStatus> WatchAsync(TimeSpan lasting);
}
