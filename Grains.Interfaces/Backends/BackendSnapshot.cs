using System.Collections.Immutable;

namespace OrleansLlm.Backends;

/// <summary>What a backend grain knows of itself at one moment; for routing, health pages and metrics, never for deciding about a slot.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.BackendSnapshot")]
public sealed record BackendSnapshot
{
    [Id(0)] public required string Name { get; init; }

    /// <summary>Without a query, which may hold a key.</summary>
    [Id(1)] public required string Url { get; init; }

    [Id(2)] public required int Slots { get; init; }

    [Id(3)] public required int Running { get; init; }

    [Id(4)] public required int Waiting { get; init; }

    [Id(5)] public required CircuitState Circuit { get; init; }

    /// <summary>Time until an open circuit lets a probe through; null unless it is open.</summary>
    [Id(6)] public TimeSpan? HalfOpenIn { get; init; }

    [Id(7)] public required HealthState Health { get; init; }

    [Id(8)] public required bool Draining { get; init; }

    [Id(9)] public ImmutableArray<string> ModelsLoaded { get; init; } = [];

    [Id(10)] public ImmutableArray<string> ModelsAvailable { get; init; } = [];

    /// <summary>Exponential average; null before the first.</summary>
    [Id(11)] public TimeSpan? AverageTimeToFirstToken { get; init; }

    /// <summary>Exponential average of the time a slot is held; null before the first.</summary>
    [Id(12)] public TimeSpan? AverageService { get; init; }

    /// <summary>Exponential average of completion tokens per second of service; null before the first.</summary>
    [Id(13)] public double? TokensPerSecond { get; init; }

    [Id(14)] public long Served { get; init; }

    [Id(15)] public long Failed { get; init; }

    [Id(16)] public long LeasesExpired { get; init; }

    [Id(17)] public string? LastError { get; init; }

    /// <summary>Leases extended so far: a running inference adds one in each third of a lease.</summary>
    [Id(18)] public long Renewals { get; init; }

    /// <summary>What it knows of each deployment that uses it.</summary>
    [Id(19)] public ImmutableArray<DeploymentSnapshot> Deployments { get; init; } = [];

    /// <summary><see cref="Waiting"/>, each for the part of it that falls to this queue; null from a node that does not count it yet.</summary>
    [Id(20)] public double? WaitingShare { get; init; }
}

[GenerateSerializer, Alias("OrleansLlm.CircuitState")]
public enum CircuitState
{
    Closed = 0,
    Open = 1,
    HalfOpen = 2,
}

[GenerateSerializer, Alias("OrleansLlm.HealthState")]
public enum HealthState
{
    /// <summary>Not probed yet, or not probed by configuration.</summary>
    Unknown = 0,
    Up = 1,
    Down = 2,
}
