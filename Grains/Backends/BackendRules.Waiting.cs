using OrleansLlm.Backends;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Backends;

/// <summary>Who gets a slot, who waits where, and how long that will be.</summary>
internal sealed partial class BackendRules
{
    public SlotAnswer TryAcquire(SlotRequest request, TimeSpan now)
    {
        Tick(now);
        if (_leases.Holds(request.RequestId)) return Regrant(request.RequestId, now);
        if ((Closed(request.RequestId, now) ?? _deployments.Refusal(request, now)) is { } refusal) return refusal;
        if (_queue.Count > 0) return SlotRefused.BehindOthers;
        if (!SlotFree) return SlotRefused.Busy;
        var warmth = WarmthFor(request);
        if (warmth < request.AtLeast) return new SlotRefused(RefusalReason.Colder, null) { Warmth = warmth };
        _queue.ServedDirectly();
        return Grant(request, now, _options.Lease);
    }

    /// <summary>Takes a place in the queue (or a slot at once when one is free and nobody waits).</summary>
    public SlotAnswer Enqueue(SlotRequest request, TimeSpan now)
    {
        // Whoever is ready to wait is not choosy.
        var fast = TryAcquire(request.AtLeast == Warmth.Cold ? request : request with { AtLeast = Warmth.Cold }, now);
        if (fast is not SlotRefused { Reason: RefusalReason.Busy }) return fast;
        if (_queue.Find(request.RequestId) is { } known) return Queued(_queue.PositionOf(known), request.Queues, Estimate(now));
        if (_queue.CountOf(request.User) >= _options.MaxQueuePerUser)
        {
            return new SlotRefused(RefusalReason.QueueFull, Estimate(now).At(_queue.PositionOfUsersNext(request)));
        }

        var pushedOut = _queue.Count == _options.MaxQueue ? _queue.WorthLessThan(request) : null;
        if (_queue.Count >= _options.MaxQueue && pushedOut is null) return new SlotRefused(RefusalReason.QueueFull, Estimate(now).At(1));
        return Join(request, pushedOut, now);
    }

    /// <summary>It waits and has not asked for long. If it asks again, it stands at the end.</summary>
    public void Abandon(string requestId, TimeSpan now)
    {
        _queue.Remove(requestId);
        Tick(now);
    }

    /// <summary>All who wait ask elsewhere from now on.</summary>
    public void AbandonAll()
    {
        foreach (var id in _queue.Ids.ToList()) _queue.Remove(id);
    }

    /// <summary>Everybody's place in the queue, in one pass.</summary>
    public IEnumerable<(string RequestId, SlotQueued Place)> Places(TimeSpan now)
    {
        var estimate = Estimate(now);
        var position = 0;
        foreach (var waiter in _queue.Forecast(now)) yield return (waiter.RequestId, Queued(++position, waiter.Queues, estimate));
    }

    /// <summary>The reasons for which nobody gets in, whether or not a slot is free.</summary>
    private SlotRefused? Closed(string requestId, TimeSpan now)
    {
        if (_removed) return new SlotRefused(RefusalReason.Removed, null);
        if (_draining) return new SlotRefused(RefusalReason.Draining, null);
        if (_released.Contains(requestId)) return SlotRefused.Withdrawn;
        return _circuit.State == CircuitState.Open ? CircuitOpen(now) : null;
    }

    private SlotRefused CircuitOpen(TimeSpan now) => new(RefusalReason.CircuitOpen, _circuit.HalfOpenIn(now)) { Detail = _lastError };

    private SlotGranted Regrant(string requestId, TimeSpan now)
    {
        return new SlotGranted(_leases.Renew(requestId, now)!.Value, _circuit.Probe == requestId);
    }

    private TimeSpan ClaimTime => _options.Lease < ClaimWithin ? _options.Lease : ClaimWithin;

    private SlotGranted Grant(SlotRequest request, TimeSpan now, TimeSpan until)
    {
        var model = LoadedModels.Plain(request.Model);
        _leases.Grant(request.RequestId, request.User, model, now, until, _options.Lease, request.Key);
        if (_options.LoadsModels) _loaded.Granted(model, _leases.Models);
        if (request.Turn is { } turn) _turns.Add(model, turn);
        _deployments.Began(request, now);
        _history.Stands(_leases.Count, _queue.Count, now);
        return new SlotGranted(_options.Lease, _circuit.Granted(request.RequestId));
    }

    /// <summary>How little this backend has to do before it can answer.</summary>
    private Warmth WarmthFor(SlotRequest request)
    {
        var model = LoadedModels.Plain(request.Model);
        if (_options.LoadsModels && !_loaded.Contains(model)) return Warmth.Cold;
        return request.Follows is { } turn && _turns.Contains(model, turn) ? Warmth.Conversation : Warmth.Loaded;
    }

    /// <param name="pushedOut">Who loses its place to it; null: there is room.</param>
    private SlotAnswer Join(SlotRequest request, Waiter? pushedOut, TimeSpan now)
    {
        foreach (var earlier in InferenceIds.EarlierAttempts(request.RequestId)) Supersede(earlier);
        var patience = request.WaitAtMost is { } most && most < _options.QueueTimeout ? most : _options.QueueTimeout;
        if (patience <= TimeSpan.Zero) return new SlotRefused(RefusalReason.DeadlinePassed, EstimateForNewcomer(request, now));
        var waiter = _queue.Add(request, now, now + patience, _leases.HeldBy(request.User) > 0);
        var estimate = Estimate(now);
        var queued = Queued(_queue.PositionOf(waiter), request.Queues, estimate);
        if (queued.Estimate > patience)
        {
            _queue.Remove(request.RequestId);
            return new SlotRefused(RefusalReason.DeadlineTooShort, queued.Estimate - patience);
        }

        if (pushedOut is not null)
        {
            _queue.Remove(pushedOut.RequestId);
            queued = Queued(_queue.PositionOf(waiter), request.Queues, estimate);
            _effects.Add(new SlotEffect(pushedOut.RequestId, new SlotRefused(RefusalReason.QueueFull, estimate.At(_queue.PositionOfUsersNext(pushedOut.Request)))));
        }

        _history.Stands(_leases.Count, _queue.Count, now);
        return queued;
    }

    /// <summary>An attempt whose silo has died still waits here, and for nobody.</summary>
    private void Supersede(string attempt)
    {
        _released.Add(attempt);
        if (_queue.Remove(attempt) is not null) _effects.Add(new SlotEffect(attempt, SlotRefused.Withdrawn));
    }

    private SlotQueued Queued(int position, int queues, WaitEstimate estimate) =>
        new(position, estimate.IsFounded ? estimate.At(_queue.Weigh(position, queues)) : null);

    private TimeSpan? EstimateForNewcomer(SlotRequest request, TimeSpan now) =>
        Estimate(now).At(_queue.Weigh(_queue.PositionOfNewcomer(request), request.Queues));

    private WaitEstimate Estimate(TimeSpan now) =>
        new(_averages.Service, _leases.Ages(now), _options.Slots, _recoverUntil is { } until ? until - now : TimeSpan.Zero);
}
