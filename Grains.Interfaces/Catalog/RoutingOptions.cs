using System.Collections.Immutable;
using OrleansLlm.Inference;

namespace OrleansLlm.Catalog;

/// <summary><c>router_settings</c>, and the same keys of <c>litellm_settings</c>.</summary>
public sealed record RoutingOptions
{
    private static readonly FallbackKind[] Kinds = [FallbackKind.General, FallbackKind.ContextWindow, FallbackKind.ContentPolicy];

    /// <summary>One of the names in <see cref="RoutingStrategies"/>. Default simple-shuffle.</summary>
    public string Strategy { get; init; } = RoutingStrategies.SimpleShuffle;

    public StrategyArguments StrategyArguments { get; init; } = new();

    /// <summary>Extra attempts after the first, before the first token. Default 2.</summary>
    public int Retries { get; init; } = 2;

    public RetryPolicy RetryPolicy { get; init; } = new();

    /// <summary>By model group; stands over <see cref="RetryPolicy"/>.</summary>
    public ImmutableDictionary<string, RetryPolicy> ModelGroupRetryPolicy { get; init; } = ImmutableDictionary<string, RetryPolicy>.Empty;

    /// <summary>The pause before the same deployment is tried again (<c>retry_after</c>). Default zero: it doubles from 0.5 s to 8 s.</summary>
    public TimeSpan RetryAfter { get; init; }

    public FallbackOptions Fallbacks { get; init; } = new();

    /// <summary>Another name for a group: what it stands for, and what is tried in its place when that has failed. Never empty.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> ModelGroupAlias { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Aliases that work but are not listed (<c>hidden: true</c>).</summary>
    public ImmutableHashSet<string> HiddenAliases { get; init; } = [];

    /// <summary>Whether prompts that are longer than <see cref="Deployment.MaxInputTokens"/> by estimate are turned away before the call.</summary>
    public bool PreCallChecks { get; init; }

    /// <summary>Whether a request goes only to deployments that have its tags (<c>enable_tag_filtering</c>). Default false.</summary>
    public bool FiltersTags { get; init; }

    /// <summary>Whether a deployment has to have all tags of a request (<c>tag_filtering_match_any: false</c>), and not one of them. Default false.</summary>
    public bool NeedsAllTags { get; init; }

    /// <summary>What model groups have opted in to.</summary>
    public ImmutableDictionary<string, ModelOptions> Models { get; init; } = ImmutableDictionary<string, ModelOptions>.Empty;

    public TimeoutOptions Timeouts { get; init; } = new()
    {
        Connect = TimeSpan.FromSeconds(10),
        FirstToken = TimeSpan.FromSeconds(300),
        BetweenTokens = TimeSpan.FromSeconds(120),
        Total = TimeSpan.FromSeconds(6000),
    };

    public RetryPolicy RetryPolicyFor(string group) =>
        ModelGroupRetryPolicy.TryGetValue(group, out var own) ? own.Over(RetryPolicy) : RetryPolicy;

    /// <summary>By the name of the request or, for an alias, of what it stands for.</summary>
    public ModelOptions OptionsFor(string group)
    {
        if (Models.TryGetValue(group, out var own)) return own;
        return ModelGroupAlias.TryGetValue(group, out var targets) && Models.TryGetValue(targets[0], out own) ? own : ModelOptions.Default;
    }

    /// <summary>Every group that may come to serve a request in place of the one it asks for, whatever fails.</summary>
    /// <param name="own">The request's own fallbacks; those for any failure are in place of all that are configured. Empty: it has none.</param>
    /// <param name="most">How many groups it may try; null: as configured.</param>
    public IReadOnlyCollection<string> StandInsFor(string model, ImmutableArray<FallbackTarget> own, bool disabled, int? most)
    {
        if (disabled) return [];
        string[] named = own.IsDefaultOrEmpty ? [] : [.. own.Select(o => o.Model)];
        if (!own.IsDefaultOrEmpty && own.Any(o => o.Kind == FallbackKind.General)) return named;
        var found = named.ToHashSet(StringComparer.Ordinal);
        List<string> failed = [model, .. named];
        // A fallback's own fallbacks come when it fails as well; so many steps away is the last that can be tried.
        for (var left = most ?? Fallbacks.Max; left > 0 && failed.Count > 0; left--)
        {
            failed = [.. failed.SelectMany(group => Kinds.SelectMany(kind => FallbacksFor(group, kind))).Where(group => group != model && found.Add(group))];
        }

        return found;
    }

    /// <summary>What a request itself names, in the configuration's form, for the failure of one group; by the same names as what is configured is found.</summary>
    public IEnumerable<FallbackTarget> OwnFor(string group, FallbackKind kind, ImmutableArray<FallbackTarget> own)
    {
        string[] names = ModelGroupAlias.TryGetValue(group, out var targets) ? [group, targets[0]] : [group];
        var of = own.Where(o => o.Kind == kind && o.Group is not null).ToList();
        var key = names.SelectMany(name => (string?[])[name, FallbackOptions.WithoutProvider(name)]).FirstOrDefault(name => of.Exists(o => o.Group == name)) ?? FallbackOptions.Any;
        return of.Where(o => o.Group == key);
    }

    /// <summary>The groups to try in place of a failed one, in order; the group itself is never among them.</summary>
    public ImmutableArray<string> FallbacksFor(string group, FallbackKind kind = FallbackKind.General)
    {
        var isAlias = ModelGroupAlias.TryGetValue(group, out var targets);
        var configured = Fallbacks.Of(kind, group) ?? (isAlias ? Fallbacks.Of(kind, targets[0]) : null) ?? Fallbacks.OfAny(kind);
        if (!isAlias && configured.IsEmpty) return [];
        // The rest of an alias's list stands in for its first whatever the failure was.
        var all = isAlias && targets.Length > 1 ? targets.RemoveAt(0).AddRange(configured) : configured;
        return [.. all.Distinct(StringComparer.Ordinal).Where(name => name != group && !(isAlias && name == targets[0]))];
    }
}
