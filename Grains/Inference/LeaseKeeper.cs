using Microsoft.Extensions.Logging;
using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Holds one lease: renews it three times in its duration, and cancels the inference when it is lost, because the slot may then be
/// another's. Released exactly once, whatever happened.
/// </summary>
internal sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly IBackendGrain _backend;
    private readonly string _leaseId;
    private readonly TimeProvider _time;
    private readonly TimeSpan _duration;
    private readonly IGrainTimer _timer;
    private readonly CancellationTokenSource _lost = new();
    private readonly ILogger _logger;
    private readonly CancellationToken _over;
    private readonly bool _isProbe;
    private long _renewed;
    private SlotRelease? _release;
    private bool _ended;

    public LeaseKeeper(Grain owner, IBackendGrain backend, string leaseId, SlotGranted grant, InferenceServices services)
    {
        var time = services.Time;
        _backend = backend;
        _leaseId = leaseId;
        _time = time;
        _duration = grant.LeaseDuration;
        _isProbe = grant.IsProbe;
        _logger = services.Logger;
        _over = services.Drain.Over;
        _renewed = time.GetTimestamp();
        var third = grant.LeaseDuration / 3;
        _timer = owner.RegisterGrainTimer(RenewAsync, new GrainTimerCreationOptions(third, third) { Interleave = true });
    }

    /// <summary>The first token is there. Only a half-open circuit waits for it.</summary>
    public void SeeToken()
    {
        if (_isProbe) _ = ProveAsync();
    }

    /// <summary>Cancelled when the lease is gone.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Over when the backend has been told of the release after all, or need not be told any more. Nobody waits for it but the process that is to end.</summary>
    public Task Told { get; private set; } = Task.CompletedTask;

    /// <summary>What the backend is told on disposal; a use that says nothing has told nothing about the backend.</summary>
    public void Outcome(SlotOutcome outcome) => Outcome(new SlotRelease { RequestId = _leaseId, Outcome = outcome });

    /// <param name="release">Its request id does not matter: the lease has its own.</param>
    public void Outcome(SlotRelease release) => _release = release with { RequestId = _leaseId };

    /// <summary>Releases the slot when what began under it has stopped. Never fails.</summary>
    public async Task ReleaseAfterAsync(Task stopped)
    {
        // Its grain, and with it the timer, may be gone before that: what is left of the lease has to last.
        await QuietlyAsync(() => RenewAsync(CancellationToken.None)).ConfigureAwait(false);
        await QuietlyAsync(() => stopped).ConfigureAwait(false);
        await QuietlyAsync(() => DisposeAsync().AsTask()).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_ended) return;
        _ended = true;
        _timer.Dispose();
        var release = _release ?? new SlotRelease { RequestId = _leaseId, Outcome = SlotOutcome.ClientGone };
        try
        {
            await _backend.ReleaseAsync(release);
        }
        catch (Exception e) when (LostContact.IsOrGivenUp(e))
        {
            // The slot would come back by the lease's end, and stand idle until then. The client does not wait for it.
            _logger.ReleaseFailed(_leaseId, e);
            Told = Insistence.UntilAsync(() => _backend.ReleaseAsync(release), _duration, _time, _over);
        }
    }

    private async Task QuietlyAsync(Func<Task> step)
    {
        try
        {
            await step().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _logger.ReleaseFailed(_leaseId, e);
        }
    }

    private async Task ProveAsync()
    {
        try
        {
            await _backend.ProvedAsync(_leaseId);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // The release says the same, later.
            _logger.ProofFailed(_leaseId, e);
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var asked = _time.GetTimestamp();
        try
        {
            // A silo that is cut off from the others hears nothing for half a minute: it has to know before the slot is another's.
            var left = _duration * 0.9 - _time.GetElapsedTime(_renewed);
            var wait = left < _duration / 3 ? left : _duration / 3;
            if (await _backend.RenewAsync(_leaseId).WaitAsync(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, _time, CancellationToken.None))
            {
                // The backend counts from when it was asked, or a little later.
                _renewed = asked;
                return;
            }
        }
        catch (Exception e) when (LostContact.IsOrGivenUp(e))
        {
            _logger.RenewFailed(_leaseId, e);
            // The next try is due in a third of the lease: stop before the backend's own count can run out.
            if (_time.GetElapsedTime(_renewed) + (_duration / 3) < _duration * 0.9) return;
        }

        if (!_ended) await _lost.CancelAsync();
    }
}
