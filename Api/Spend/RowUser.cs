using OrleansLlm.Api.Access;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Spend;

/// <summary>Whose a row is in LiteLLM's terms, by the scope that the ledger has for it.</summary>
internal static class RowUser
{
    /// <returns>The bare id; null: a key without a user, one of its end users, or nobody who has a name.</returns>
    public static string? UserOf(string scope) => LimitScopes.UserOf(scope);

    /// <returns>The name that a key gave its end user; null: it is no such scope.</returns>
    public static string? EndUserOf(string scope)
    {
        const int Name = KeyHash.Length + 1;
        return scope.StartsWith(LimitScopes.EndUserPrefix, StringComparison.Ordinal) && scope.Length > LimitScopes.EndUserPrefix.Length + Name ? scope[(LimitScopes.EndUserPrefix.Length + Name)..] : null;
    }
}
