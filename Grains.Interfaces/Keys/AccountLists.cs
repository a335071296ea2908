using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Keys;

/// <summary>
/// Lists besides the 256 of all accounts: the keys of an alias, of a user and of a team, and the users of a team. Each is a bucket of its own, split like those when it gets full, in
/// which an account stands besides. Names of stored state: never changed.
/// </summary>
public static class AccountLists
{
    /// <summary>In which of them an account belongs.</summary>
    public static ImmutableArray<string> Of(AccountKind kind, IndexEntry entry) => [.. Named(kind, entry.Alias, entry.UserId, entry.TeamId).Select(l => l.List)];

    /// <summary>The list that has all that a query finds, and what remains to be asked of it; null: there is none.</summary>
    public static (string List, IndexQuery Query)? For(AccountKind kind, IndexQuery query)
    {
        var (list, by) = Named(kind, query.Alias, query.UserId, query.TeamId).FirstOrDefault();
        return list is null ? null : (list, by switch
        {
            "alias" => query with { Alias = null },
            "user" => query with { UserId = null },
            _ => query with { TeamId = null },
        });
    }

    /// <summary>The shortest first.</summary>
    private static IEnumerable<(string List, string By)> Named(AccountKind kind, string? alias, string? user, string? team)
    {
        if (kind == AccountKind.Key && alias is not null) yield return (Name("key", "alias", alias), "alias");
        if (kind == AccountKind.Key && user is not null) yield return (Name("key", "user", user), "user");
        if (kind != AccountKind.Team && team is not null) yield return (Name(kind == AccountKind.Key ? "key" : "user", "team", team), "team");
    }

    /// <summary>Below it the digits follow, as below the other buckets.</summary>
    private static string Name(string kind, string by, string of) => $"{kind}-by-{by}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(of)).AsSpan(0, 16))}:";
}
