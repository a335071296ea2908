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
}
