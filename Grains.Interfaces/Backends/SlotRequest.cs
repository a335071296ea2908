using OrleansLlm.Inference;

namespace OrleansLlm.Backends;

/// <summary>Who asks a backend for a slot, and how long the answer may take.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.SlotRequest")]
public sealed record SlotRequest
{
    /// <summary>The request id, which is also the lease id.</summary>
    [Id(0)] public required string RequestId { get; init; }

    /// <summary>The user the request is accounted to.</summary>
    [Id(1)] public required string User { get; init; }

    /// <summary>The backend's own name of the model that will run.</summary>
    [Id(2)] public required string Model { get; init; }

    /// <summary>How long the request may still wait, measured by the backend from the arrival of this call; null: the backend's own limit.</summary>
    [Id(3)] public TimeSpan? WaitAtMost { get; init; }

    /// <summary>0 is served first, 255 last; waiting raises it (<see cref="Catalog.BackendOptions.PriorityAgeing"/>).</summary>
    [Id(4)] public int Priority { get; init; }

    /// <summary>The user's share of the slots relative to other users', 0.01 to 100.</summary>
    [Id(5)] public double Weight { get; init; } = 1;

    /// <summary>In how many queues the request waits at once: what it counts in the estimates of each.</summary>
    [Id(6)] public int Queues { get; init; } = 1;

    /// <summary>Only a backend that needs to do as little before it answers shall grant; not looked at when the request waits.</summary>
    [Id(7)] public Warmth AtLeast { get; init; }

    /// <summary>A hash of the conversation with this request's last message; null: it is no conversation.</summary>
    [Id(8)] public ulong? Turn { get; init; }

    /// <summary>The <see cref="Turn"/> of the request that this one follows up; null: it is the first.</summary>
    [Id(9)] public ulong? Follows { get; init; }

    /// <summary>The deployment that will run, for its limits and its faults; null: none in particular.</summary>
    [Id(10)] public string? DeploymentId { get; init; }

    /// <summary>Tokens the inference may use by estimate, reserved from the deployment's <c>tpm</c> and settled on release.</summary>
    [Id(11)] public long TokensEstimated { get; init; }

    /// <summary>The hash of the API key, for people who watch the queue; null: none was presented.</summary>
    [Id(12)] public string? Key { get; init; }

    /// <summary>Whether who waits wants to hear of its place each <see cref="Catalog.GatewaySettings.QueueProgressInterval"/>.</summary>
    [Id(13)] public bool WantsPlaces { get; init; }

    /// <summary>What the model is asked for: a deployment may have it for one operation and not for another.</summary>
    [Id(60)] public InferenceKind Kind { get; init; }
}

/// <summary>How little a backend has to do before it can answer. Numbers are on the wire and in ascending order.</summary>
[GenerateSerializer, Alias("OrleansLlm.Warmth")]
public enum Warmth
{
    /// <summary>It has to load the model.</summary>
    Cold = 0,

    /// <summary>The model is loaded, or the backend is none that loads models.</summary>
    Loaded = 1,

    /// <summary>It has served the turn before and may have its prompt computed.</summary>
    Conversation = 2,
}
