using Orleans.Core;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>What belongs to an activation and ends with it: timers, enumerations, states, subscriptions; and the watch on what takes too long.</summary>
internal sealed partial class Activation
{
    private List<IStorage>? _states;
    private List<GrainTimer>? _timers;
    private List<Action>? _subscriptions;
    private LinkedList<IEnumeration>? _enumerations;
    private Watched? _watched;

    public void AddState(IStorage state) => (_states ??= []).Add(state);

    public IGrainTimer AddTimer(Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        var timer = new GrainTimer(this, callback, options);
        lock (this) (_timers ??= []).Add(timer);
        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    public void Remove(GrainTimer timer)
    {
        lock (this) _timers?.Remove(timer);
    }

    public void AddSubscription(Action end)
    {
        lock (this) (_subscriptions ??= []).Add(end);
    }

    /// <summary>Null when the activation has begun to go: it would end the enumeration before its first element.</summary>
    public LinkedListNode<IEnumeration>? TryAddEnumeration(IEnumeration enumeration)
    {
        lock (this) return _state == ActivationState.Active ? (_enumerations ??= new()).AddLast(enumeration) : null;
    }

    public void RemoveEnumeration(LinkedListNode<IEnumeration> enumeration)
    {
        bool schedule;
        lock (this)
        {
            _enumerations!.Remove(enumeration);
            _lastUse = Class.Engine.Now;
            if (_state == ActivationState.Deactivating) FinishDeactivationWhenIdle();
            schedule = NeedsScheduling();
        }

        if (schedule) Relay.Post(this);
    }

    public void Touch()
    {
        lock (this) _lastUse = Class.Engine.Now;
    }

    /// <summary>Collects what is overdue. False when nothing is left to watch.</summary>
    public bool Inspect(long now, List<ICall> late, List<IEnumeration> stale)
    {
        lock (this)
        {
            if (_current is { } current) Check(current);
            for (var i = 0; i < _ready.Count; i++)
            {
                if (_ready[i] is ICall ready) Check(ready);
            }

            if (_tracked is not null)
            {
                foreach (var call in _tracked) Check(call);
            }

            for (var node = _waiting.First; node is not null;)
            {
                var next = node.Next;
                if (Check(node.Value))
                {
                    node.Value.Place = null;
                    _waiting.Remove(node);
                }

                node = next;
            }

            if (_enumerations is not null) stale.AddRange(_enumerations.Where(e => e.IsStale(now)));
            var inUse = IsInUse;
            if (!inUse) _watched = null;
            return inUse;
        }

        bool Check(ICall call)
        {
            if (call.Deadline > now || call.IsLocal) return false;
            call.Deadline = long.MaxValue;
            late.Add(call);
            return true;
        }
    }

    private bool IsInUse => _current is not null || Load > 0 || _enumerations is { Count: > 0 };

    private void Watch() => _watched = Class.Engine.Watchdog.Add(this);

    private void StopWatching()
    {
        if (IsInUse) return;
        _watched?.Activation = null;
        _watched = null;
    }

    private void StopTimers()
    {
        GrainTimer[] timers;
        lock (this)
        {
            if (_timers is null) return;
            timers = [.. _timers];
            _timers = null;
        }

        foreach (var timer in timers) timer.Dispose();
    }

    private void EndSubscriptions()
    {
        List<Action>? subscriptions;
        lock (this)
        {
            subscriptions = _subscriptions;
            _subscriptions = null;
        }

        if (subscriptions is null) return;
        foreach (var end in subscriptions) end();
    }
}
