using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// Everything a backend decides, as a pure state machine: who gets a slot, who waits, when the circuit opens. The grain around it adds
/// time, timers and the calls. Answers to the caller are returned; what happens to those who wait comes out as <see cref="SlotEffect"/>s.
/// </summary>
internal sealed partial class BackendRules
{
    /// <summary>
    /// A request that has waited has so long to confirm its grant by a first renewal. Its node may have died meanwhile: that costs the next in
    /// line no more than this, and not a lease for each of the dead.
    /// </summary>
    internal static readonly TimeSpan ClaimWithin = TimeSpan.FromSeconds(2);

    private readonly LeaseBook _leases = new();
    private readonly BackendHistory _history = new();
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
        _circuit = new Circuit(CircuitLimits.Of(options));
        _queue.Ageing = options.PriorityAgeing;
        _deployments.Configure(options.Deployments);
    }

    /// <summary>What has been decided about waiting requests since the last call.</summary>
    public IReadOnlyList<SlotEffect> TakeEffects()
    {
        if (_effects.Count == 0) return [];
        var taken = _effects.ToArray();
        _effects.Clear();
        return taken;
    }

    public bool Renew(string requestId, TimeSpan now)
    {
        Tick(now);
        if (_leases.Renew(requestId, now) is null && !Adopt(requestId, now)) return false;
        _renewals++;
        return true;
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
            _circuit.Limits = CircuitLimits.Of(options);
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

    private bool SlotFree => _recoverUntil is null && _leases.Count < _options.Slots && _circuit.LetsThrough;

    /// <summary>A holder that this activation does not know renews: while recovering, its word is taken for it.</summary>
    private bool Adopt(string requestId, TimeSpan now)
    {
        if (_recoverUntil is null || _leases.Count >= _options.Slots || _released.Contains(requestId)) return false;
        _leases.Grant(requestId, null, null, now, _options.Lease, _options.Lease);
        if (_leases.Count >= _options.Slots) _recoverUntil = null;
        return true;
    }
}
