using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>
/// One living grain: its mailbox, its turns and its end. It is the task scheduler of its own turns, so an <c>await</c> in a
/// grain comes back to it. Split by concern: the mailbox here; turns, lifecycle, enumerations and timers beside it.
/// </summary>
/// <remarks>Guarded by <c>lock (this)</c>: activations are made by the million, and nobody outside the engine ever holds one.</remarks>
internal sealed partial class Activation(GrainClass grainClass, string key, WorkerPool? pool = null) : TaskScheduler, ICallTarget, IRelayed, IGrainContext
{
    private readonly LinkedList<ICall> _waiting = new();
    private LinkedList<ICall>? _tracked;
    private WorkQueue _ready;
    private ActivationState _state;
    private int _exclusive;
    private int _reading;
    private int _interleaving;
    private long _lastUse;
    private Activation? _successor;

    public GrainClass Class { get; } = grainClass;

    public string Key { get; } = key;

    public GrainAddress GrainAddress => new(Class, Key);

    public GrainId GrainId => GrainAddress.Id;

    public GrainReference GrainReference => Class.Engine.Manifest.ReferTo(GrainAddress);

    /// <summary>Calls that run or wait. A hint for choosing a worker; exact only under the lock.</summary>
    public int Load => Running + _waiting.Count;

    private int Running => _exclusive + _reading + _interleaving;

    /// <summary>Takes the call, now or later; false when this activation is gone and another must be found.</summary>
    public bool TryAccept(ICall call)
    {
        Activation? successor;
        var full = false;
        var schedule = false;
        lock (this)
        {
            successor = _successor;
            if (successor is null)
            {
                if (_state == ActivationState.Dead) return false;
                full = !Take(call);
                schedule = !full && NeedsScheduling();
            }
        }

        // A tick that comes late belongs to what is gone: there it would also be counted at its end, and never here.
        if (successor is not null) return !call.IsLocal && successor.TryAccept(call);
        if (full) call.Fail(new LimitExceededException("MaxEnqueuedRequests", Class.MailboxLimit, Class.MailboxLimit, GrainId));
        if (schedule) Relay.Post(this);
        return true;
    }

    private bool Take(ICall call)
    {
        var starts = _state == ActivationState.Active && MayStart(call);
        if (!call.IsLocal)
        {
            if (!starts && _waiting.Count >= Class.MailboxLimit) return false;
            _lastUse = Class.Engine.StampDeadline(call);
            if (_watched is null) Watch();
        }

        call.Target = this;
        if (starts) Admit(call);
        else call.Place = _waiting.AddLast(call);
        if (_state == ActivationState.New) BeginActivation();
        return true;
    }

    /// <summary>Takes back a call that still waits. Ready or running calls stay: they are found answered, or told.</summary>
    public bool Withdraw(ICall call)
    {
        lock (this)
        {
            if (call.Place is not { } place || !ReferenceEquals(place.List, _waiting)) return false;
            _waiting.Remove(place);
            call.Place = null;
            return true;
        }
    }

    /// <summary>A call has gone asynchronous: its timeout is watched from here.</summary>
    public void Track(ICall call)
    {
        lock (this) call.Place = (_tracked ??= new()).AddLast(call);
    }

    /// <summary>A call has ended. Runs on the activation, as all bookkeeping of running calls does.</summary>
    public void Finish(ICall call)
    {
        lock (this)
        {
            if (call.Place is { } place)
            {
                _lastUse = Class.Engine.Now;
                place.List!.Remove(place);
                call.Place = null;
            }

            CounterOf(call)--;
            if (_state == ActivationState.Active) AdmitWaiting();
            else if (_state == ActivationState.Deactivating) FinishDeactivationWhenIdle();
        }
    }

    private void Admit(ICall call)
    {
        CounterOf(call)++;
        _ready.Enqueue(call);
    }

    private void AdmitWaiting()
    {
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (MayStart(node.Value))
            {
                _waiting.Remove(node);
                node.Value.Place = null;
                Admit(node.Value);
            }
            else if (_exclusive > 0)
            {
                // Whoever still waits behind an exclusive call waits for its end: calls that interleave never got here.
                return;
            }

            node = next;
        }
    }

    private bool MayStart(ICall call)
    {
        if (Class.IsReentrant || (call.Method.Options & CallOptions.AlwaysInterleave) != 0) return true;
        if (_exclusive > 0) return false;
        return _reading == 0 || (call.Method.Options & CallOptions.ReadOnly) != 0;
    }

    private ref int CounterOf(ICall call)
    {
        var options = call.Method.Options;
        if ((options & CallOptions.AlwaysInterleave) != 0) return ref _interleaving;
        if ((options & CallOptions.ReadOnly) != 0) return ref _reading;
        return ref _exclusive;
    }
}

internal enum ActivationState
{
    New,
    Activating,
    Active,
    Deactivating,
    Dead,
}
