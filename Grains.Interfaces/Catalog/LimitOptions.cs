using System.Collections.Immutable;
using OrleansLlm.Limits;

namespace OrleansLlm.Catalog;

/// <summary>
/// <c>gateway_settings.limits</c>, and what LiteLLM's sections say of it. A request needs the leave of every scope it falls into.
/// </summary>
public sealed record LimitOptions
{
    /// <summary>Each user without limits of its own; a caller that names none is known by its key.</summary>
    public RateLimits User { get; init; } = RateLimits.None;

    /// <summary>Each API key.</summary>
    public RateLimits Key { get; init; } = RateLimits.None;

    /// <summary>All requests together.</summary>
    public RateLimits All { get; init; } = RateLimits.None;

    /// <summary>Users with limits of their own, by the <c>user</c> field.</summary>
    public ImmutableDictionary<string, RateLimits> Users { get; init; } = ImmutableDictionary<string, RateLimits>.Empty;

    /// <summary>By the name of a model group, or by the name a request asks for.</summary>
    public ImmutableDictionary<string, RateLimits> Models { get; init; } = ImmutableDictionary<string, RateLimits>.Empty;

    public ImmutableDictionary<string, RateLimits> Teams { get; init; } = ImmutableDictionary<string, RateLimits>.Empty;

    /// <summary>By the whole name of a scope: deployments with a <c>max_budget</c>, and providers of <c>provider_budget_config</c>. No request is refused by them while another deployment is left.</summary>
    public ImmutableDictionary<string, RateLimits> Upstreams { get; init; } = ImmutableDictionary<string, RateLimits>.Empty;

    /// <summary>Which team a user is of, by the <c>user</c> field.</summary>
    public ImmutableDictionary<string, string> TeamOfUser { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Reserved for an answer whose length neither the request nor its deployments bound. Default 1,024.</summary>
    public long ReservedOutputTokens { get; init; } = 1024;

    /// <summary>Counts and totals of users, keys and other scopes that were not used for so many days are deleted. Default 400; 0: never.</summary>
    public int ForgetAfterDays { get; init; } = 400;

    /// <summary><c>max_end_user_budget</c>: of each who names itself in the <c>user</c> field and has no budget of its own; null: none.</summary>
    public Budget? EndUserBudget { get; init; }

    /// <summary>Whether any scope has a budget: without, no cost needs to be estimated.</summary>
    public bool CountCost => EndUserBudget is not null || Configured.Any(l => l.Budget is not null);

    /// <summary>Whether any scope counts tokens: without, nothing needs to be estimated.</summary>
    public bool CountTokens => Configured.Any(l => l.Tokens is not null);

    private IEnumerable<RateLimits> Configured => [User, Key, All, .. Users.Values, .. Models.Values, .. Teams.Values];

    /// <summary>Of a user without an account of its own.</summary>
    /// <param name="user">A user grain's key.</param>
    public RateLimits OfCaller(string user)
    {
        var limits = OfUser(user);
        var namesItself = NameOf(user) is not null || user.StartsWith(LimitScopes.EndUserPrefix, StringComparison.Ordinal);
        return EndUserBudget is null || !namesItself ? limits : limits.Over(new RateLimits { Budget = EndUserBudget });
    }

    /// <param name="user">A user grain's key.</param>
    public RateLimits OfUser(string user) => NameOf(user) is { } name && Users.TryGetValue(name, out var own) ? own : User;

    /// <summary>Whether the file speaks of this very user, and not only of all of them.</summary>
    /// <param name="user">A user grain's key.</param>
    public bool IsNamed(string user) => NameOf(user) is { } name && Users.ContainsKey(name);

    /// <param name="scope">A limit grain's key.</param>
    public RateLimits OfScope(string scope)
    {
        if (scope == LimitScopes.All) return All;
        if (Upstreams.TryGetValue(scope, out var upstream)) return upstream;
        if (scope.StartsWith(LimitScopes.KeyPrefix, StringComparison.Ordinal)) return Key;
        if (scope.StartsWith(LimitScopes.TeamPrefix, StringComparison.Ordinal)) return Teams.GetValueOrDefault(scope[LimitScopes.TeamPrefix.Length..], RateLimits.None);
        return scope.StartsWith(LimitScopes.ModelPrefix, StringComparison.Ordinal)
            ? Models.GetValueOrDefault(scope[LimitScopes.ModelPrefix.Length..], RateLimits.None)
            : RateLimits.None;
    }

    /// <summary>The limit grains that a request has to ask besides its user's grain, the narrowest first.</summary>
    /// <param name="user">The user grain's key.</param>
    /// <param name="key">The hash of the API key; null: none was presented.</param>
    /// <param name="models">Every name its model goes by.</param>
    public ImmutableArray<string> ScopesOf(string user, string? key, IReadOnlyCollection<string> models)
    {
        var scopes = ImmutableArray.CreateBuilder<string>();
        if (key is not null && Key.Any) scopes.Add(LimitScopes.KeyPrefix + key);
        if (TeamOf(user) is { } team && Teams.ContainsKey(team)) scopes.Add(LimitScopes.TeamPrefix + team);
        scopes.AddRange(ModelScopesOf(models));
        if (All.Any) scopes.Add(LimitScopes.All);
        return scopes.DrainToImmutable();
    }

    /// <summary>Those of them that are of a model.</summary>
    public IEnumerable<string> ModelScopesOf(IReadOnlyCollection<string> models) =>
        Models.IsEmpty ? [] : models.Where(Models.ContainsKey).Distinct(StringComparer.Ordinal).Select(m => LimitScopes.ModelPrefix + m);

    /// <param name="user">A user grain's key.</param>
    public string? TeamOf(string user) => NameOf(user) is { } name ? TeamOfUser.GetValueOrDefault(name) : null;

    private static string? NameOf(string user) => user.StartsWith(LimitScopes.UserPrefix, StringComparison.Ordinal) ? user[LimitScopes.UserPrefix.Length..] : null;
}
