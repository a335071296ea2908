using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>What becomes of request parameters that a deployment's provider does not support.</summary>
public sealed record DeploymentParameters
{
    public static DeploymentParameters Default { get; } = new();

    /// <summary><c>drop_params</c>. Null: what has no word in the provider's dialect is left out and named, the rest is passed on.</summary>
    public bool? Drop { get; init; }

    /// <summary><c>additional_drop_params</c>.</summary>
    public ImmutableArray<string> AlsoDrop { get; init; } = [];

    /// <summary><c>allowed_openai_params</c>.</summary>
    public ImmutableArray<string> Allowed { get; init; } = [];
}
