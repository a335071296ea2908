
namespace OrleansLlm.Backends;

/// <summary>What a backend says about a slot. Refusals are values.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.SlotAnswer")]
public abstract record SlotAnswer
{
    /// <summary>The place at which the request came into the queue; 0: it has not been in it.</summary>
    [Id(0)] public int CameInAt { get; init; }
}

/// <summary>The slot is the request's until the lease runs out or is released.</summary>
/// <param name="LeaseDuration">Time without a renewal after which the slot is taken back.</param>
/// <param name="IsProbe">The circuit is half open and this inference decides whether it closes.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.SlotGranted")]
public sealed record SlotGranted(
    [property: Id(0)] TimeSpan LeaseDuration,
    [property: Id(1)] bool IsProbe) : SlotAnswer;

/// <summary>The request waits.</summary>
/// <param name="Position">0: <see cref="NothingNew"/>. 1 is the next to be served; on arrival it may be off by one or two per user that waits, later it is the exact order.</param>
/// <param name="Estimate">Expected time until the grant from the backend's own averages; null before the first inference has finished.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.SlotQueued")]
public sealed record SlotQueued(
    [property: Id(0)] int Position,
    [property: Id(1)] TimeSpan? Estimate) : SlotAnswer
{
    /// <summary>It still waits, and that is all.</summary>
    public static SlotQueued NothingNew { get; } = new(0, null);
}

/// <param name="Reason">Why there is no slot.</param>
/// <param name="RetryAfter">When another try makes sense, from the backend's own state; null when it cannot know.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.SlotRefused")]
public sealed record SlotRefused(
    [property: Id(0)] RefusalReason Reason,
    [property: Id(1)] TimeSpan? RetryAfter) : SlotAnswer
{
    /// <summary>All slots are taken.</summary>
    public static SlotRefused Busy { get; } = new(RefusalReason.Busy, null);

    /// <summary>Others wait already, and whoever comes waits behind them.</summary>
    public static SlotRefused BehindOthers { get; } = new(RefusalReason.Busy, null) { OthersWait = true };

    public static SlotRefused Withdrawn { get; } = new(RefusalReason.Withdrawn, null);

    /// <summary>What led to it, for the client: the failure that opened a circuit or sidelined a deployment; null when there is none.</summary>
    [Id(3)] public string? Detail { get; init; }

    /// <summary>With <see cref="RefusalReason.Colder"/>: what the backend has to offer.</summary>
    [Id(2)] public Warmth Warmth { get; init; }

    /// <summary>With <see cref="RefusalReason.Busy"/>: not only are the slots taken.</summary>
    [Id(4)] public bool OthersWait { get; init; }

    /// <summary>With <see cref="RefusalReason.Sidelined"/>: by the upstream's own rate limit, and no failure.</summary>
    [Id(50)] public bool RateLimited { get; init; }
}

/// <summary>Numbers are on the wire between silos: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.RefusalReason")]
public enum RefusalReason
{
    /// <summary>All slots are taken or others wait already; waiting is possible.</summary>
    Busy = 0,

    /// <summary>The wait queue is at its bound, the backend's or the user's.</summary>
    QueueFull = 1,

    /// <summary>The circuit is open after consecutive failures.</summary>
    CircuitOpen = 2,

    /// <summary>The operator drains this backend.</summary>
    Draining = 3,

    /// <summary>The request's time to wait is over.</summary>
    DeadlinePassed = 4,

    /// <summary>The request was released before or while it waited.</summary>
    Withdrawn = 5,

    /// <summary>The configuration no longer names this backend.</summary>
    Removed = 6,

    /// <summary>The request's time to wait is shorter than the wait will be by the backend's own averages.</summary>
    DeadlineTooShort = 7,

    /// <summary>A slot is free, but the backend is not as warm as was asked for (<see cref="SlotRequest.AtLeast"/>).</summary>
    Colder = 8,

    /// <summary>The deployment has a fault of its own (its model is missing, its quota is used up upstream); the backend may be well.</summary>
    Sidelined = 20,

    /// <summary>The deployment's <c>rpm</c> or <c>tpm</c> is used up.</summary>
    OverLimit = 21,
}
