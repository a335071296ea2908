using System.Collections.Immutable;

namespace OrleansLlm.Backends;

/// <summary>All that can be shown of a backend at one moment, for whoever watches it. On the stream <see cref="Names.LiveStreams"/>.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.BackendStatus")]
public sealed record BackendStatus
{
    [Id(0)] public required BackendSnapshot Snapshot { get; init; }

    /// <summary>Where the grain lives at the moment.</summary>
    [Id(1)] public required string Node { get; init; }

    /// <summary>UTC, by the clock of <see cref="Node"/>.</summary>
    [Id(2)] public required DateTimeOffset At { get; init; }

    /// <summary>Who holds a slot, the one that runs longest first.</summary>
    [Id(3)] public ImmutableArray<SlotHolder> Holders { get; init; } = [];

    /// <summary>Those who are served first, in the order of service; at most <see cref="MostWaiters"/> of <see cref="BackendSnapshot.Waiting"/>.</summary>
    [Id(4)] public ImmutableArray<WaitingRequest> Waiters { get; init; } = [];

    /// <summary>The last 15 minutes, the oldest first; quiet times are not in it.</summary>
    [Id(5)] public ImmutableArray<BackendMoment> History { get; init; } = [];

    /// <summary>Of the answers of the last 15 minutes; null: there were none.</summary>
    [Id(6)] public TimeSpan? FirstTokenMedian { get; init; }

    /// <inheritdoc cref="FirstTokenMedian"/>
    [Id(7)] public TimeSpan? FirstToken95 { get; init; }

    /// <summary>Completion tokens a second over the last minute, all answers that ended in it together.</summary>
    [Id(8)] public double TokensPerSecond { get; init; }

    public const int MostWaiters = 50;
}

/// <summary>What happened at a backend in one piece of time.</summary>
/// <param name="Age">From its beginning to <see cref="BackendStatus.At"/>; pieces are 15 s long.</param>
/// <param name="Running">The most at once.</param>
/// <param name="Waiting">The most at once.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.BackendMoment")]
public sealed record BackendMoment(
    [property: Id(0)] TimeSpan Age,
    [property: Id(1)] int Served,
    [property: Id(2)] int Failed,
    [property: Id(3)] long Tokens,
    [property: Id(4)] int Running,
    [property: Id(5)] int Waiting);

/// <summary>A request that has a slot. What is null is not known, as of leases that were taken over.</summary>
/// <param name="User">The user grain's key.</param>
/// <param name="Key">The hash of the API key; null also when none was presented.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.SlotHolder")]
public sealed record SlotHolder(
    [property: Id(0)] string RequestId,
    [property: Id(1)] string? User,
    [property: Id(2)] string? Key,
    [property: Id(3)] string? Model,
    [property: Id(4)] TimeSpan Age);

/// <summary>A request in the queue.</summary>
/// <param name="User">The user grain's key.</param>
/// <param name="Key">The hash of the API key; null: none was presented.</param>
/// <param name="Position">1 is served next.</param>
/// <param name="Priority">What it has reached by waiting; 0 is served first.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.WaitingRequest")]
public sealed record WaitingRequest(
    [property: Id(0)] string RequestId,
    [property: Id(1)] string User,
    [property: Id(2)] string? Key,
    [property: Id(3)] string Model,
    [property: Id(4)] int Position,
    [property: Id(5)] TimeSpan Age,
    [property: Id(6)] int Priority);
