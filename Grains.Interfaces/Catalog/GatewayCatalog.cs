using System.Collections.Frozen;
using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>
/// The compiled configuration: what the gateway serves and where. Immutable; a changed configuration is a new catalog.
/// It never crosses a grain call: every process compiles its own from the same file.
/// </summary>
public sealed class GatewayCatalog
{
    /// <summary>
    /// Characters of a model's name that is not configured itself: a pattern matches any, and what it matches stands in headers, rows and logs, and in each text of
    /// some requests for embeddings. Real ones are half as long.
    /// </summary>
    public const int LongestName = 256;

    private const int MaxAliasSteps = 8;

    private readonly FrozenDictionary<string, ModelGroup> _groups;
    private readonly FrozenDictionary<string, Deployment> _deployments;
    private readonly FrozenDictionary<string, ModelGroup> _byConfiguredModel;
    private readonly ImmutableArray<(WildcardPattern Pattern, ModelGroup Group)> _wildcards;

    public GatewayCatalog(IEnumerable<ModelGroup> groups, IEnumerable<BackendOptions> backends, RoutingOptions routing, GatewaySettings settings)
    {
        Groups = [.. groups];
        Backends = backends.ToFrozenDictionary(b => b.Name, StringComparer.Ordinal);
        Routing = routing;
        Settings = settings;
        MergesThoughts = Groups.Any(g => g.Deployments.Any(d => d.MergesThoughts));
        (CountsCost, CountsTokens) = (settings.Limits.CountCost, settings.Limits.CountTokens);
        _groups = Groups.ToFrozenDictionary(g => g.Name, StringComparer.Ordinal);
        _deployments = Groups.SelectMany(g => g.Deployments).DistinctBy(d => d.Id).ToFrozenDictionary(d => d.Id, StringComparer.Ordinal);
        // Where several groups configure the same model, the first of the file answers to that name.
        _byConfiguredModel = Groups.Where(g => !g.IsWildcard)
            .SelectMany(g => g.Deployments.GroupBy(d => d.ConfiguredModel, StringComparer.Ordinal))
            .Select(same => new ModelGroup(same.Key, [.. same]))
            .DistinctBy(g => g.Name, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Name, StringComparer.Ordinal);
        // The most specific pattern wins: LiteLLM sorts by length as well.
        _wildcards = [.. Groups.Where(g => g.IsWildcard)
            .Select(g => (Pattern: new WildcardPattern(g.Name), Group: g))
            .OrderByDescending(p => p.Pattern.Literals)];
    }

    public static GatewayCatalog Empty { get; } = new([], [], new RoutingOptions(), new GatewaySettings());

    /// <summary>In the order of the configuration file.</summary>
    public ImmutableArray<ModelGroup> Groups { get; }

    public FrozenDictionary<string, BackendOptions> Backends { get; }

    public RoutingOptions Routing { get; }

    public GatewaySettings Settings { get; }

    /// <summary><see cref="LimitOptions.CountCost"/>, looked up once: it looks at every user of the file.</summary>
    public bool CountsCost { get; }

    /// <summary>Whether any deployment tells in its text what its model thinks.</summary>
    public bool MergesThoughts { get; }

    /// <summary><see cref="LimitOptions.CountTokens"/>, looked up once.</summary>
    public bool CountsTokens { get; }

    /// <summary>
    /// The group that serves a requested name, in LiteLLM's order: an alias, the group's own name, a deployment's id, a wildcard that matches a name
    /// of at most <see cref="LongestName"/>, or a deployment's <c>litellm_params.model</c>; null when nothing does.
    /// </summary>
    public ModelGroup? FindGroup(string model)
    {
        // An alias of an alias is followed, but not in a circle.
        for (var steps = 0; steps < MaxAliasSteps && AliasStep(model) is { } target; steps++) model = target;
        if (_groups.TryGetValue(model, out var group)) return group;
        if (_deployments.TryGetValue(model, out var deployment)) return new ModelGroup(model, [deployment]);
        // A pattern goes first: whoever may use it must not come to the account of a group that happens to configure a model of that name.
        return Matched(model) ?? _byConfiguredModel.GetValueOrDefault(model);
    }

    private ModelGroup? Matched(string model)
    {
        if (model.Length > LongestName) return null;
        foreach (var (pattern, wildcard) in _wildcards)
        {
            if (pattern.Match(model) is { IsDefault: false } segments) return new ModelGroup(model, [.. wildcard.Deployments.Select(d => d.ForWildcardMatch(model, segments))]) { Pattern = wildcard.Name };
        }

        return null;
    }

    /// <summary>
    /// Every name that a request for this one is counted under: as it was asked for, the aliases on the way, the group that serves it, and where
    /// that is a deployment or a pattern by another name, the group it stands in. Nobody gets around a limit by another name.
    /// </summary>
    public ImmutableArray<string> NamesOf(string model)
    {
        var names = new List<string> { model };
        var name = model;
        for (var steps = 0; steps < MaxAliasSteps && AliasStep(name) is { } target; steps++) Add(name = target);
        if (FindGroup(model) is not { } group) return [.. names];
        Add(group.Name);
        if (group.Pattern is { } pattern) Add(pattern);
        foreach (var deployment in group.Deployments) Add(deployment.Group);
        return [.. names];

        void Add(string other)
        {
            if (!names.Contains(other)) names.Add(other);
        }
    }

    private string? AliasStep(string model) => Routing.ModelGroupAlias.TryGetValue(model, out var targets) && targets[0] != model ? targets[0] : null;
}
