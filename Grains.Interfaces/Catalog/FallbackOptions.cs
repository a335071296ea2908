using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>Which groups stand in for which, by the kind of failure.</summary>
public sealed record FallbackOptions
{
    /// <summary>In <c>fallbacks</c>, the group that means every group without an entry.</summary>
    public const string Any = "*";

    private static readonly ImmutableDictionary<string, ImmutableArray<string>> None = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary><c>fallbacks</c>: for every failure that is not the request's own fault.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> General { get; init; } = None;

    /// <summary><c>context_window_fallbacks</c>: for a prompt that is too long.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> ContextWindow { get; init; } = None;

    /// <summary><c>content_policy_fallbacks</c>: for a request that the model's service refuses by its policy.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> ContentPolicy { get; init; } = None;

    /// <summary><c>default_fallbacks</c>: for any group without general fallbacks of its own, and for unknown models.</summary>
    public ImmutableArray<string> Default { get; init; } = [];

    /// <summary>How many fallback groups one request may try. Default 5.</summary>
    public int Max { get; init; } = 5;

    /// <summary>What is configured for the group, or for its name without the provider before the slash; null: nothing.</summary>
    public ImmutableArray<string>? Of(FallbackKind kind, string group)
    {
        var table = Table(kind);
        if (table.TryGetValue(group, out var targets)) return targets;
        return WithoutProvider(group) is { } rest && table.TryGetValue(rest, out targets) ? targets : null;
    }

    /// <summary>Null: it has none.</summary>
    internal static string? WithoutProvider(string group) => group.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? group[(slash + 1)..] : null;

    /// <summary>What is configured for every group.</summary>
    public ImmutableArray<string> OfAny(FallbackKind kind) =>
        Table(kind).TryGetValue(Any, out var targets) ? targets : kind == FallbackKind.General ? Default : [];

    private ImmutableDictionary<string, ImmutableArray<string>> Table(FallbackKind kind) => kind switch
    {
        FallbackKind.ContextWindow => ContextWindow,
        FallbackKind.ContentPolicy => ContentPolicy,
        _ => General,
    };
}

/// <summary>Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.FallbackKind")]
public enum FallbackKind
{
    General,
    ContextWindow,
    ContentPolicy,
}
