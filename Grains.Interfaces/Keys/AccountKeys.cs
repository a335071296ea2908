using OrleansLlm.Limits;

namespace OrleansLlm.Keys;

/// <summary>The keys of account grains: those of the limit scopes. They name stored state: never changed, only added to.</summary>
public static class AccountKeys
{
    public static string Of(AccountKind kind, string id) => PrefixOf(kind) + id;

    public static (AccountKind Kind, string Id) Parse(string grainKey)
    {
        foreach (var kind in (ReadOnlySpan<AccountKind>)[AccountKind.Key, AccountKind.User, AccountKind.Team])
        {
            if (grainKey.StartsWith(PrefixOf(kind), StringComparison.Ordinal)) return (kind, grainKey[PrefixOf(kind).Length..]);
        }

        throw new ArgumentException("This is no account's key.", nameof(grainKey));
    }

    public static string PrefixOf(AccountKind kind) => kind switch
    {
        AccountKind.Key => LimitScopes.KeyPrefix,
        AccountKind.User => LimitScopes.UserPrefix,
        _ => LimitScopes.TeamPrefix,
    };
}
