using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary><c>router_settings</c>, and the same keys of <c>litellm_settings</c>.</summary>
public sealed record RoutingOptions
{
    /// <summary>One of the names in <see cref="RoutingStrategies"/>. Default simple-shuffle.</summary>
    public string Strategy { get; init; } = RoutingStrategies.SimpleShuffle;

    /// <summary>Extra attempts after the first, before the first token. Default 2.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>How many fallback groups one request may try. Default 5.</summary>
    public int MaxFallbacks { get; init; } = 5;

    /// <summary>Model group to the groups tried in its place when it has failed.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Fallbacks { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Tried for any group without fallbacks of its own, and for unknown models.</summary>
    public ImmutableArray<string> DefaultFallbacks { get; init; } = [];

    /// <summary>Another name for a group.</summary>
    public ImmutableDictionary<string, string> ModelGroupAlias { get; init; } = ImmutableDictionary<string, string>.Empty;

    public TimeoutOptions Timeouts { get; init; } = new()
    {
        Connect = TimeSpan.FromSeconds(10),
        FirstToken = TimeSpan.FromSeconds(300),
        BetweenTokens = TimeSpan.FromSeconds(120),
        Total = TimeSpan.FromSeconds(6000),
    };

    /// <summary>The groups to try in place of a failed one, in order; the group itself is never among them.</summary>
    public ImmutableArray<string> FallbacksFor(string group)
    {
        var targets = Fallbacks.TryGetValue(group, out var own) ? own : DefaultFallbacks;
        return targets.Contains(group) ? targets.Remove(group) : targets;
    }
}

/// <summary>The routing strategies that exist; LiteLLM's names.</summary>
public static class RoutingStrategies
{
    public const string SimpleShuffle = "simple-shuffle";
    public const string LeastBusy = "least-busy";

    public static ImmutableArray<string> All { get; } = [SimpleShuffle, LeastBusy];
}
