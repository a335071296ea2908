using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// The circuit of one backend: closed until <c>allowedFails</c> failures in a row, then open for the cooldown, then half open: one
/// inference is let through and decides. Pure. A client that left is neither a success nor a failure and is not reported here.
/// </summary>
internal sealed class Circuit(int allowedFails, TimeSpan cooldown)
{
    private int _failures;
    private TimeSpan _openUntil;
    private string? _probe;

    public CircuitState State { get; private set; }

    public string? Probe => _probe;

    public (int AllowedFails, TimeSpan Cooldown) Limits { get; set; } = (allowedFails, cooldown);

    /// <summary>Time until an open circuit turns half open; null unless it is open.</summary>
    public TimeSpan? HalfOpenIn(TimeSpan now) => State == CircuitState.Open ? Max(_openUntil - now, TimeSpan.Zero) : null;

    /// <summary>When <see cref="Advance"/> will next change something.</summary>
    public TimeSpan? NextDue => State == CircuitState.Open ? _openUntil : null;

    public void Advance(TimeSpan now)
    {
        if (State == CircuitState.Open && now >= _openUntil) State = CircuitState.HalfOpen;
    }

    /// <summary>Whether an inference may start now, slots apart.</summary>
    public bool LetsThrough => State == CircuitState.Closed || (State == CircuitState.HalfOpen && _probe is null);

    /// <returns>True when the granted inference is the probe.</returns>
    public bool Granted(string requestId)
    {
        if (State != CircuitState.HalfOpen) return false;
        _probe = requestId;
        return true;
    }

    /// <summary>The inference has ended without telling anything about the backend.</summary>
    public void Ended(string requestId)
    {
        if (_probe == requestId) _probe = null;
    }

    public void Succeeded()
    {
        State = CircuitState.Closed;
        _failures = 0;
        _probe = null;
    }

    /// <returns>True when this failure opened the circuit.</returns>
    public bool Failed(TimeSpan now)
    {
        if (State == CircuitState.Open) return false;
        _failures++;
        if (State == CircuitState.Closed && _failures < Limits.AllowedFails) return false;
        State = CircuitState.Open;
        _openUntil = now + Limits.Cooldown;
        _probe = null;
        return true;
    }

    /// <summary>The backend is known to be well again: do not wait for the rest of the cooldown.</summary>
    public void EndCooldown()
    {
        if (State == CircuitState.Open) State = CircuitState.HalfOpen;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
