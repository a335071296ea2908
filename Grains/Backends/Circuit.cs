using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// The circuit of one backend: closed until <c>allowedFails</c> requests in a row have failed, then open for the cooldown, then half open: one
/// inference is let through and decides. Failures of a class that has a number of its own are counted by themselves. Pure. A client that left is neither a success nor a failure and is not reported here.
/// </summary>
internal sealed class Circuit(CircuitLimits limits)
{
    /// <summary>Retries of a request come one after the other: which have failed before is remembered for so many requests at once.</summary>
    private const int MostRemembered = 256;

    private readonly Dictionary<FaultClass, int> _failuresOfClass = [];
    private int _failures;
    private Tombstones _failed = new(MostRemembered);
    private bool _unreachable;
    private TimeSpan _openUntil;
    private string? _probe;

    public CircuitState State { get; private set; }

    public string? Probe => _probe;

    public CircuitLimits Limits { get; set; } = limits;

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
        if (_failures > 0 || _failuresOfClass.Count > 0) _failed = new Tombstones(MostRemembered);
        _failures = 0;
        _failuresOfClass.Clear();
        _probe = null;
    }

    /// <summary>As if nothing had ever failed.</summary>
    public void Reset()
    {
        Succeeded();
        _unreachable = false;
    }

    /// <param name="requestId">The lease of the inference that failed; null: a health probe.</param>
    /// <param name="unreachable">No connection could be made.</param>
    /// <returns>True when this failure opened the circuit.</returns>
    public bool Failed(string? requestId, bool unreachable, TimeSpan now, FaultClass kind = FaultClass.Server)
    {
        if (State == CircuitState.Open) return false;
        // An inference from before the opening says nothing new: the probe decides.
        if (State == CircuitState.HalfOpen && requestId is not null && requestId != _probe) return false;
        if (State == CircuitState.Closed && requestId is not null && !unreachable && IsSameAgain(requestId)) return false;
        if (!IsOneTooMany(kind, unreachable) && State == CircuitState.Closed) return false;
        OpenNow(unreachable, now);
        return true;
    }

    /// <summary>Without counting: the next failure is certain.</summary>
    public void OpenNow(bool unreachable, TimeSpan now)
    {
        State = CircuitState.Open;
        _unreachable = unreachable;
        _openUntil = now + Limits.Cooldown;
        _probe = null;
    }

    /// <summary>
    /// A health probe was answered. A listing does not prove that inference works; it ends the cooldown early only where it disproves what
    /// opened the circuit: the backend was down for the last probe, or could not be reached.
    /// </summary>
    public void ProbeAnswered(bool wasDown)
    {
        if (State == CircuitState.Open && (wasDown || _unreachable)) State = CircuitState.HalfOpen;
    }

    /// <summary>
    /// Whatever fails with one request may be that request's doing, however often it is retried: it does not shut everybody else out. A backend that takes no
    /// connection fails so with any.
    /// </summary>
    private bool IsSameAgain(string leaseId)
    {
        var request = InferenceIds.RequestOfLease(leaseId);
        if (_failed.Contains(request)) return true;
        _failed.Add(request);
        return false;
    }

    /// <summary>An error of the server is one that it has told: where nobody answers that counts as it always does.</summary>
    private bool IsOneTooMany(FaultClass kind, bool unreachable)
    {
        if ((unreachable && kind == FaultClass.Server) || Limits.Of(kind) is not { } own) return ++_failures >= Limits.AllowedFails;
        var failures = _failuresOfClass[kind] = _failuresOfClass.GetValueOrDefault(kind) + 1;
        return failures >= own;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}

/// <param name="AllowedFails">Failures in a row that open the circuit.</param>
internal sealed record CircuitLimits(int AllowedFails, TimeSpan Cooldown, AllowedFailsPolicy Policy)
{
    public static CircuitLimits Of(BackendOptions options) => new(options.AllowedFails, options.Cooldown, options.AllowedFailsPolicy);

    /// <returns>Null: those of this class count with all others.</returns>
    public int? Of(FaultClass kind) => kind switch
    {
        FaultClass.Authentication => Policy.Authentication,
        FaultClass.Timeout => Policy.Timeout,
        FaultClass.RateLimit => Policy.RateLimit,
        _ => Policy.InternalServer,
    };
}
