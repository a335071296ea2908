using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>From the first call to the last turn. The activation itself is the turn that begins it and the turn that ends it.</summary>
internal sealed partial class Activation : ITurn
{
    private Grain? _instance;
    private AsyncServiceScope? _scope;
    private TaskCompletionSource? _gone;
    private DeactivationReason _reason;
    private bool _deactivationAsked;
    private bool _deactivationQueued;
    private ITimer? _deactivationTimer;
    private long _keepUntil;

    public object? GrainInstance => _instance;

    /// <summary>Made when asked for: most grains take only singletons.</summary>
    public IServiceProvider ActivationServices => (_scope ??= Class.Engine.Services.CreateAsyncScope()).ServiceProvider;

    public Task Deactivated
    {
        get
        {
            lock (this)
            {
                if (_gone is null)
                {
                    _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    if (_state == ActivationState.Dead) _gone.SetResult();
                }

                return _gone.Task;
            }
        }
    }

    /// <summary>No call starts from here on. What runs may end, then the last turn comes; what waits goes to a new activation.</summary>
    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        IEnumeration[] open;
        bool schedule;
        lock (this)
        {
            if (_state is ActivationState.Deactivating or ActivationState.Dead || _deactivationAsked) return;
            _reason = deactivationReason;
            if (_state != ActivationState.Active)
            {
                _deactivationAsked = true;
                return;
            }

            open = StartDeactivation();
            schedule = NeedsScheduling();
        }

        if (schedule) Relay.Post(this);
        foreach (var enumeration in open) enumeration.Abort("its grain was deactivated");
    }

    public void DelayDeactivation(TimeSpan span)
    {
        lock (this)
        {
            _keepUntil = span == Timeout.InfiniteTimeSpan || span == TimeSpan.MaxValue ? long.MaxValue
                : span <= TimeSpan.Zero ? 0
                : Class.Engine.Now + Class.Engine.ToTimestamp(span);
        }
    }

    /// <summary>Deactivates if nothing has used the activation for its class's age.</summary>
    public void CollectIfIdle(long now)
    {
        lock (this)
        {
            if (_state != ActivationState.Active || Load > 0 || _ready.Count > 0 || _scheduled || _enumerations is { Count: > 0 }) return;
            if (now - _lastUse < Class.CollectionAge || now < _keepUntil) return;
        }

        Deactivate(new(DeactivationReasonCode.ActivationIdle, "The activation was idle."));
    }

    void ITurn.Run() => _ = _state == ActivationState.Activating ? ActivateAsync() : DeactivateAsync();

    /// <summary>Takes the calls that waited in the activation before this one, in their order.</summary>
    private void Inherit(LinkedList<ICall> calls)
    {
        bool schedule;
        lock (this)
        {
            foreach (var call in calls)
            {
                call.Target = this;
                call.Place = _waiting.AddLast(call);
            }

            Watch();
            BeginActivation();
            schedule = NeedsScheduling();
        }

        if (schedule) Relay.Post(this);
    }

    private void BeginActivation()
    {
        _state = ActivationState.Activating;
        _ready.Enqueue(this);
    }

    private async Task ActivateAsync()
    {
        try
        {
            _instance = Class.Construct(this);
            if (_states is not null)
            {
                foreach (var state in _states) await state.ReadStateAsync();
            }

            if (Class.HasOnActivate)
            {
                using var timeout = new CancellationTokenSource(Class.Engine.Collection.ActivationTimeout, Class.Engine.Time);
                await _instance.OnActivateAsync(timeout.Token).WaitAsync(timeout.Token);
            }
        }
        catch (Exception exception)
        {
            Class.Engine.Log.ActivationFailed(GrainId, exception);
            await DisposeAsync();
            foreach (var call in End(successor: null)) call.Fail(exception);
            return;
        }

        IEnumeration[] open = [];
        lock (this)
        {
            _state = ActivationState.Active;
            _lastUse = Class.Engine.Now;
            AdmitWaiting();

            // A grain that asks to go while it activates still serves what was admitted, so every activation gets something done.
            if (_deactivationAsked) open = StartDeactivation();
        }

        foreach (var enumeration in open) enumeration.Abort("its grain was deactivated");
    }

    private IEnumeration[] StartDeactivation()
    {
        _state = ActivationState.Deactivating;
        FinishDeactivationWhenIdle();
        if (!_deactivationQueued)
        {
            _deactivationTimer = Class.Engine.Time.CreateTimer(
                static state => ((Activation)state!).StopWaiting(), this, Class.Engine.Collection.DeactivationTimeout, Timeout.InfiniteTimeSpan);
        }

        return _enumerations is null ? [] : [.. _enumerations];
    }

    private void FinishDeactivationWhenIdle()
    {
        if (_deactivationQueued || Running > 0 || _enumerations is { Count: > 0 }) return;
        _deactivationQueued = true;
        _ready.Enqueue(this);
    }

    private void StopWaiting()
    {
        lock (this)
        {
            if (_deactivationQueued) return;
            _deactivationQueued = true;
        }

        Class.Engine.Log.DeactivationOverdue(GrainId);
        Post(this);
    }

    private async Task DeactivateAsync()
    {
        _deactivationTimer?.Dispose();
        StopTimers();
        if (Class.HasOnDeactivate)
        {
            try
            {
                using var timeout = new CancellationTokenSource(Class.Engine.Collection.DeactivationTimeout, Class.Engine.Time);
                await _instance!.OnDeactivateAsync(_reason, timeout.Token).WaitAsync(timeout.Token);
            }
            catch (Exception exception)
            {
                Class.Engine.Log.DeactivationFailed(GrainId, exception);
            }
        }

        await DisposeAsync();
        var successor = pool is null && !Class.Engine.IsStopping ? new Activation(Class, Key) : null;
        var left = End(successor);
        if (pool is not null && !Class.Engine.IsStopping)
        {
            foreach (var call in left) Class.Dispatch(Key, call);
        }
        else
        {
            foreach (var call in left) call.Fail(new SiloUnavailableException("The engine is stopping."));
        }
    }

    /// <summary>Marks the activation dead and takes it out of the directory. Returns the waiting calls unless the successor took them.</summary>
    private IEnumerable<ICall> End(Activation? successor)
    {
        ICall[] left = [];
        lock (this)
        {
            _state = ActivationState.Dead;
            for (var node = _waiting.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.IsLocal || node.Value.IsAnswered) _waiting.Remove(node);
                node = next;
            }

            if (_waiting.Count == 0)
            {
                successor = null;
            }
            else if (successor is not null)
            {
                successor.Inherit(_waiting);
                _successor = successor;
            }
            else
            {
                left = [.. _waiting];
                foreach (var call in left) call.Place = null;
            }

            _waiting.Clear();
            StopWatching();
            _gone?.TrySetResult();
        }

        if (pool is not null) pool.Forget(this);
        else Class.Forget(this, successor);
        return left;
    }

    private async ValueTask DisposeAsync()
    {
        StopTimers();
        EndSubscriptions();
        try
        {
            if (_instance is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else if (_instance is IDisposable disposable) disposable.Dispose();
            if (_scope is { } scope) await scope.DisposeAsync();
        }
        catch (Exception exception)
        {
            Class.Engine.Log.DeactivationFailed(GrainId, exception);
        }
    }
}
