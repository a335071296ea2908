using System.Collections.Immutable;
using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>What the last health probe of a backend saw.</summary>
/// <param name="ModelsLoaded">Null when it did not say.</param>
internal sealed record HealthReport(
    HealthState State,
    ImmutableArray<string> ModelsAvailable,
    ImmutableArray<string>? ModelsLoaded,
    string? Error)
{
    public static readonly HealthReport None = new(HealthState.Unknown, [], null, null);
}
