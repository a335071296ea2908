
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

    /// <summary>The deployment that will run, for its limits and its faults; null: none in particular.</summary>
    [Id(4)] public string? DeploymentId { get; init; }

    /// <summary>Tokens the inference may use by estimate, reserved from the deployment's <c>tpm</c> and settled on release.</summary>
    [Id(5)] public long TokensEstimated { get; init; }
}
