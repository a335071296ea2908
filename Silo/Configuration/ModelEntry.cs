using System.Collections.Immutable;
using System.Text.Json;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>One readable entry of <c>model_list</c>, before the backends are known.</summary>
internal sealed record ModelEntry
{
    public required string Path { get; init; }

    public required int Line { get; init; }

    public required string Group { get; init; }

    public required string ConfiguredModel { get; init; }

    public required ProviderEntry Provider { get; init; }

    public required string Model { get; init; }

    public required Uri ApiBase { get; init; }

    public string? ApiKey { get; init; }

    public string? Id { get; init; }

    /// <summary>What the id is a hash of: the parameters as they stand in the file, so that no secret goes into it.</summary>
    public required string Fingerprint { get; init; }

    public ImmutableDictionary<string, JsonElement> Defaults { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    public ImmutableDictionary<string, string> Headers { get; init; } = ImmutableDictionary<string, string>.Empty;

    public double? Weight { get; init; }

    public double? Rpm { get; init; }

    public double? Tpm { get; init; }

    public int? Order { get; init; }

    public int? MaxParallel { get; init; }

    public TimeSpan? Cooldown { get; init; }

    public int? Retries { get; init; }

    public double? InputCost { get; init; }

    public double? OutputCost { get; init; }

    public long? MaxInputTokens { get; init; }

    public long? MaxOutputTokens { get; init; }

    /// <summary><c>model_info.base_model</c>.</summary>
    public string? BaseModel { get; init; }

    /// <summary><c>drop_params</c> is null where only the whole file may say.</summary>
    public DeploymentParameters Parameters { get; init; } = DeploymentParameters.Default;

    public DeploymentAccount Account { get; init; } = DeploymentAccount.None;

    public TimeoutOptions Timeouts { get; init; } = new();

    public JsonElement? ModelInfo { get; init; }
}
