using System.Globalization;

namespace OrleansLlm.Limits;

/// <summary>The keys of limit grains. They name stored state: never changed, only added to.</summary>
public static class LimitScopes
{
    public const string All = "all";
    public const string KeyPrefix = "key:";
    public const string TeamPrefix = "team:";
    public const string ModelPrefix = "model:";

    /// <summary>Of the user grain's key of a caller that named itself in the <c>user</c> field.</summary>
    public const string UserPrefix = "user:";

    /// <summary>Of the user grain's key of an end user within a virtual key: then the key's hash, a colon and the <c>user</c> field.</summary>
    public const string EndUserPrefix = "end:";

    /// <summary>Then the id of a deployment that has a budget.</summary>
    public const string DeploymentPrefix = "deployment:";

    /// <summary>Then LiteLLM's prefix of a provider that has one.</summary>
    public const string ProviderPrefix = "provider:";

    private const string PerModelPrefix = "per-model:";

    /// <returns>The user's own name; null: it is no user's.</returns>
    public static string? UserOf(string scope) => scope.StartsWith(UserPrefix, StringComparison.Ordinal) ? scope[UserPrefix.Length..] : null;

    /// <summary>One model's share of another scope. The length tells where that scope's name ends.</summary>
    public static string PerModel(string scope, string model) => string.Create(CultureInfo.InvariantCulture, $"{PerModelPrefix}{scope.Length}:{scope}:{model}");

    /// <returns>The model whose limit, or whose share of another scope, it is; null: it is no model's.</returns>
    public static string? ModelOf(string scope) =>
        scope.StartsWith(ModelPrefix, StringComparison.Ordinal) ? scope[ModelPrefix.Length..] : ParsePerModel(scope)?.Model;

    /// <returns>The two that <see cref="PerModel"/> was given; null: it is another kind of scope.</returns>
    public static (string Scope, string Model)? ParsePerModel(string name)
    {
        if (!name.StartsWith(PerModelPrefix, StringComparison.Ordinal)) return null;
        var rest = name[PerModelPrefix.Length..];
        var colon = rest.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !int.TryParse(rest.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || rest.Length < colon + length + 2) return null;
        return (rest.Substring(colon + 1, length), rest[(colon + length + 2)..]);
    }
}
