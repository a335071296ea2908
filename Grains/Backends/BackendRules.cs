using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// Everything a backend decides, as a pure state machine: who gets a slot, who waits, when the circuit opens. The grain around it adds
/// time, timers and the calls. Answers to the caller are returned; what happens to those who wait comes out as <see cref="SlotEffect"/>s.
/// </summary>
internal sealed class BackendRules
{
    private readonly LeaseBook _leases = new();
    private readonly BackendHistory _history = new();
    /// <summary>
    /// A request that has waited has so long to confirm its grant by a first renewal. Its node may have died meanwhile: that costs the next in
    /// line no more than this, and not a lease for each of the dead.
    /// </summary>
    internal static readonly TimeSpan ClaimWithin = TimeSpan.FromSeconds(2);

    private readonly SlotQueue _queue = new();
    private readonly LoadedModels _loaded = new();
    private readonly RecentTurns _turns = new();
    private readonly Circuit _circuit;
    private readonly Averages _averages = new();
    private readonly DeploymentBook _deployments = new();
    private readonly Tombstones _released = new();
    private readonly List<SlotEffect> _effects = [];
    private BackendOptions _options;
    private bool _draining;
    private bool _removed;
    private TimeSpan? _recoverUntil;
    private long _served;
    private long _failed;
    private long _leasesExpired;
    private long _renewals;
    private string? _lastError;

    public BackendRules(BackendOptions options, bool draining = false)
    {
        _options = options;
        _draining = draining;
        _circuit = new Circuit(options.AllowedFails, options.Cooldown);
        _queue.Ageing = options.PriorityAgeing;
        _deployments.Configure(options.Deployments);
    }

    public int Running => _leases.Count;

    public int Waiting => _queue.Count;

    public int WaitingUsers => _queue.Users;

    /// <inheritdoc cref="SlotQueue.FairnessLag"/>
    public double FairnessLag => _queue.FairnessLag;

    public int Slots => _options.Slots;

    /// <inheritdoc cref="DeploymentBook.Sidelined"/>
    public ImmutableDictionary<string, TimeSpan> Sidelined => _deployments.Sidelined;

    public IReadOnlyCollection<string> ModelsLoaded => _loaded.Names;

    public CircuitState Circuit => _circuit.State;

    public bool Draining => _draining;

    public long LeasesExpired => _leasesExpired;

    public string? LastError => _lastError;

    public TimeSpan? HalfOpenIn(TimeSpan now) => _circuit.HalfOpenIn(now);

    /// <summary>What has been decided about waiting requests since the last call.</summary>
    public IReadOnlyList<SlotEffect> TakeEffects()
    {
        if (_effects.Count == 0) return [];
        var taken = _effects.ToArray();
        _effects.Clear();
        return taken;
    }

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

    public bool Renew(string requestId, TimeSpan now)
    {
        Tick(now);
        if (_leases.Renew(requestId, now) is null && !Adopt(requestId, now)) return false;
        _renewals++;
        return true;
    }

    /// <summary>The inference that a half-open circuit waits for answers: the others need not wait for its end.</summary>
    public void Proved(string requestId, TimeSpan now)
    {
        if (_circuit.Probe == requestId) _circuit.Succeeded();
        Tick(now);
    }

    /// <summary>
    /// The books of an earlier activation were lost while leases may have been out. Nothing is granted until every holder has had the time to
    /// renew, or has lost its lease; those that renew are taken into the books.
    /// </summary>
    public void Recover(TimeSpan now)
    {
        _recoverUntil = now + _options.Lease;
        Tick(now);
    }

    /// <summary>The leases that an earlier activation handed over when it went.</summary>
    public void Restore(IEnumerable<string> leases, TimeSpan now)
    {
        foreach (var id in leases)
        {
            if (!_leases.Holds(id)) _leases.Grant(id, null, null, now, _options.Lease, _options.Lease);
        }
    }

    /// <summary>The leases that are out, to be handed over to a later activation.</summary>
    public IReadOnlyList<string> Leases => [.. _leases.Ids];

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

    /// <summary>Lets time pass: overdue requests are refused, dead leases are taken back, free slots are granted.</summary>
    public void Tick(TimeSpan now)
    {
        _circuit.Advance(now);
        if (_recoverUntil <= now) _recoverUntil = null;
        while (_leases.TakeBackExpired(now) is { } expired)
        {
            _leasesExpired++;
            _circuit.Ended(expired);
            _deployments.Forget(expired);
        }

        while (_queue.RemoveOverdue(now) is { } overdue)
        {
            // What it is told is when its user's next request could expect a slot, as things stand.
            _effects.Add(new SlotEffect(overdue.RequestId, new SlotRefused(RefusalReason.DeadlinePassed, EstimateForNewcomer(overdue.Request, now))));
        }

        while (_queue.Count > 0 && SlotFree && !_draining && !_removed)
        {
            var next = _queue.Serve(_loaded.Names, _options.ModelPatience, now)!;
            // While it waited its deployment may have run out of its limit: then it is told, and takes no slot.
            _effects.Add(new SlotEffect(next.RequestId, _deployments.Refusal(next.Request, now) ?? (SlotAnswer)Grant(next.Request, now, ClaimTime)) { Waited = now - next.Arrived });
        }

        _history.Stands(_leases.Count, _queue.Count, now);
    }

    public void Reconfigure(BackendOptions? options, TimeSpan now)
    {
        _removed = options is null;
        if (options is not null)
        {
            _options = options;
            _circuit.Limits = (options.AllowedFails, options.Cooldown);
            _queue.Ageing = options.PriorityAgeing;
            _deployments.Configure(options.Deployments);
        }

        if (_removed) RefuseAll(RefusalReason.Removed, null);
        Tick(now);
    }

    public void SetDraining(bool draining, TimeSpan now)
    {
        _draining = draining;
        if (draining) RefuseAll(RefusalReason.Draining, null);
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
        else CountFailure(null, unreachable: true, error, now);
        Tick(now);
    }

    /// <summary>The last first tokens of a deployment.</summary>
    public IEnumerable<TimeSpan> FirstTokens(string deploymentId) => _deployments.FirstTokens(deploymentId);

    /// <summary>When <see cref="Tick"/> will next have something to do; null: never, as things stand.</summary>
    public TimeSpan? NextDue()
    {
        TimeSpan? next = null;
        foreach (var due in (ReadOnlySpan<TimeSpan?>)[_leases.NextDue, _queue.NextDue, _circuit.NextDue, _recoverUntil])
        {
            if (due is not null && !(next <= due)) next = due;
        }

        return next;
    }

    /// <summary>A health probe has seen which models are loaded.</summary>
    public void SawLoaded(IEnumerable<string> models) => _loaded.Probed(models, _leases.Models);

    /// <summary>Everybody's place in the queue, in one pass.</summary>
    public IEnumerable<(string RequestId, SlotQueued Place)> Places(TimeSpan now)
    {
        var estimate = Estimate(now);
        var position = 0;
        foreach (var waiter in _queue.Forecast(now)) yield return (waiter.RequestId, Queued(++position, waiter.Queues, estimate));
    }

    public BackendSnapshot Snapshot(StrategyArguments arguments, TimeSpan now) => new()
    {
        Name = _options.Name,
        Url = _options.Url.GetLeftPart(UriPartial.Path),
        Slots = _options.Slots,
        Running = _leases.Count,
        Waiting = _queue.Count,
        Circuit = _circuit.State,
        HalfOpenIn = _circuit.HalfOpenIn(now),
        Health = HealthState.Unknown,
        Draining = _draining,
        AverageTimeToFirstToken = _averages.TimeToFirstToken,
        AverageService = _averages.Service,
        TokensPerSecond = _averages.TokensPerSecond,
        Served = _served,
        Failed = _failed,
        LeasesExpired = _leasesExpired,
        LastError = _lastError,
        Renewals = _renewals,
        Deployments = _deployments.Snapshots(arguments, now),
    };

    /// <summary>What those see who watch.</summary>
    public BackendStatus Status(BackendSnapshot snapshot, string node, DateTimeOffset at, TimeSpan now) => new()
    {
        Snapshot = snapshot,
        Node = node,
        At = at,
        Holders = _leases.Holders(BackendStatus.MostWaiters, now),
        Waiters = [.. _queue.Forecast(now).Take(BackendStatus.MostWaiters).Select((w, i) =>
            new WaitingRequest(w.RequestId, w.User, w.Request.Key, w.Model, i + 1, now - w.Arrived, w.Level))],
        History = _history.Moments(now),
        FirstTokenMedian = _history.FirstToken(0.5, now),
        FirstToken95 = _history.FirstToken(0.95, now),
        TokensPerSecond = _history.TokensPerSecond(now),
    };

    private bool SlotFree => _recoverUntil is null && _leases.Count < _options.Slots && _circuit.LetsThrough;

    /// <summary>A holder that this activation does not know renews: while recovering, its word is taken for it.</summary>
    private bool Adopt(string requestId, TimeSpan now)
    {
        if (_recoverUntil is null || _leases.Count >= _options.Slots || _released.Contains(requestId)) return false;
        _leases.Grant(requestId, null, null, now, _options.Lease, _options.Lease);
        if (_leases.Count >= _options.Slots) _recoverUntil = null;
        return true;
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

    private void Learn(SlotRelease release, TimeSpan held, TimeSpan now)
    {
        var deployment = _deployments.DeploymentOf(release.RequestId);
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
                CountFailure(release.RequestId, release.Outcome == SlotOutcome.Unreachable, release.Error, now);
                break;
            case SlotOutcome.KeyRefused:
                _failed++;
                _lastError = release.Error;
                Open(unreachable: false, now);
                break;
            case SlotOutcome.RateLimited or SlotOutcome.ModelRefused:
                _failed++;
                // It has answered: whatever opened the circuit is over.
                _circuit.Succeeded();
                Sideline(deployment, release, now);
                break;
            case SlotOutcome.Withdrawn or SlotOutcome.ClientGone:
                _circuit.Ended(release.RequestId);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(release), release.Outcome, "No such outcome.");
        }
    }

    private void CountFailure(string? requestId, bool unreachable, string? error, TimeSpan now)
    {
        _lastError = error ?? _lastError;
        if (_options.Cools && _circuit.Failed(requestId, unreachable, now)) RefuseAllByCircuit(now);
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

    private void Sideline(string? deployment, SlotRelease release, TimeSpan now)
    {
        if (deployment is null || !_options.Cools) return;
        _deployments.Sideline(deployment, release.RetryAfter, _options.Cooldown, release.Error, release.Outcome == SlotOutcome.RateLimited, now);
        foreach (var id in _queue.Ids.ToList())
        {
            var request = _queue.Find(id)!.Request;
            if (request.DeploymentId == deployment && _deployments.Refusal(request, now) is { } refused) Refuse([id], refused);
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
