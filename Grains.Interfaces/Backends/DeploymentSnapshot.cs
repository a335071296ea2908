
namespace OrleansLlm.Backends;

/// <summary>What a backend knows of one of its deployments; for routing and health pages.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.DeploymentSnapshot")]
public sealed record DeploymentSnapshot
{
    /// <summary>A <see cref="Catalog.Deployment.Id"/>.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Time until it is tried again after a fault of its own; null: it is not sidelined.</summary>
    [Id(1)] public TimeSpan? SidelinedFor { get; init; }

    /// <summary>Mean time to the first token of its last answers; null before the first.</summary>
    [Id(2)] public TimeSpan? FirstToken { get; init; }

    /// <summary>Inferences begun in the last 60 s.</summary>
    [Id(3)] public long RequestsLastMinute { get; init; }

    /// <summary>Prompt and completion tokens of the last 60 s.</summary>
    [Id(4)] public long TokensLastMinute { get; init; }

    /// <summary>Its <c>rpm</c> or <c>tpm</c> is used up at this moment.</summary>
    [Id(5)] public bool OverLimit { get; init; }
}
