using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>What the end of an inference, or of a probe, means for those that come after it.</summary>
internal sealed partial class BackendRules
{
    /// <summary>The inference that a half-open circuit waits for answers: the others need not wait for its end.</summary>
    public void Proved(string requestId, TimeSpan now)
    {
        if (_circuit.Probe == requestId) _circuit.Succeeded();
        Tick(now);
    }

    public void Release(SlotRelease release, TimeSpan now)
    {
        if (_queue.Remove(release.RequestId) is not null)
        {
            _effects.Add(new SlotEffect(release.RequestId, SlotRefused.Withdrawn));
            // A question of its that was sent before may arrive after: it must not stand in the queue again, for nobody.
            _released.Add(release.RequestId);
        }
        else if (_leases.Free(release.RequestId, now) is { } held)
        {
            Learn(release, held, now);
        }
        else
        {
            _released.Add(release.RequestId);
        }

        Tick(now);
    }

    /// <summary>The operator knows better: the circuit is closed, and no deployment is sidelined.</summary>
    public void Reset(TimeSpan now)
    {
        _circuit.Reset();
        _deployments.ForgetFaults();
        _lastError = null;
        Tick(now);
    }

    /// <summary>A health probe has ended: an answer may end the cooldown early, none counts as one failure.</summary>
    /// <param name="wasDown">The probe before this one was not answered.</param>
    public void Probed(bool up, bool wasDown, string? error, TimeSpan now)
    {
        if (up) _circuit.ProbeAnswered(wasDown);
        else CountFailure(null, unreachable: true, error, FaultClass.Server, now);
        Tick(now);
    }

    private void Learn(SlotRelease release, TimeSpan held, TimeSpan now)
    {
        var use = _deployments.UseOf(release.RequestId);
        _deployments.Ended(release, now);
        _history.Ended(release, now);
        switch (release.Outcome)
        {
            case SlotOutcome.Succeeded:
                _served++;
                _averages.Add(held, release.TimeToFirstToken, release.CompletionTokens);
                _circuit.Succeeded();
                break;
            case SlotOutcome.CallerFault:
                _circuit.Succeeded();
                break;
            case SlotOutcome.Failed or SlotOutcome.Unreachable:
                _failed++;
                CountFailure(release.RequestId, release.Outcome == SlotOutcome.Unreachable, release.Error, release.Class, now);
                break;
            case SlotOutcome.KeyRefused:
                _failed++;
                _lastError = release.Error;
                // Unless somebody has allowed some, the first is enough: the next one would be refused as well.
                if (_options.AllowedFailsPolicy.Authentication is null) Open(unreachable: false, now);
                else CountFailure(release.RequestId, unreachable: false, release.Error, FaultClass.Authentication, now);
                break;
            case SlotOutcome.RateLimited or SlotOutcome.ModelRefused:
                _failed++;
                // It has answered: whatever opened the circuit is over.
                _circuit.Succeeded();
                if (use is { } used) Sideline(used, release, now);
                break;
            case SlotOutcome.Withdrawn or SlotOutcome.ClientGone:
                _circuit.Ended(release.RequestId);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(release), release.Outcome, "No such outcome.");
        }
    }

    private void CountFailure(string? requestId, bool unreachable, string? error, FaultClass kind, TimeSpan now)
    {
        _lastError = error ?? _lastError;
        if (_options.Cools && _circuit.Failed(requestId, unreachable, now, kind)) RefuseAllByCircuit(now);
    }

    private void Open(bool unreachable, TimeSpan now)
    {
        if (!_options.Cools) return;
        _circuit.OpenNow(unreachable, now);
        RefuseAllByCircuit(now);
    }

    /// <summary>Those who wait are told at once: they have other candidates or fallbacks to try.</summary>
    private void RefuseAllByCircuit(TimeSpan now)
    {
        var refused = CircuitOpen(now);
        Refuse(_queue.Ids.ToList(), refused);
    }

    private void Sideline(DeploymentBook.Use use, SlotRelease release, TimeSpan now)
    {
        if (!_options.Cools) return;
        _deployments.Sideline(use, release, _options, now);
        foreach (var id in _queue.Ids.ToList())
        {
            var request = _queue.Find(id)!.Request;
            if (request.DeploymentId == use.DeploymentId && _deployments.Refusal(request, now) is { } refused) Refuse([id], refused);
        }
    }

    private void RefuseAll(RefusalReason reason, TimeSpan? retryAfter) => Refuse(_queue.Ids.ToList(), new SlotRefused(reason, retryAfter));

    private void Refuse(IEnumerable<string> waiting, SlotRefused refused)
    {
        foreach (var id in waiting)
        {
            _queue.Remove(id);
            _effects.Add(new SlotEffect(id, refused));
        }
    }
}
