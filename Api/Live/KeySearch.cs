using OrleansLlm.Api.Access;
using OrleansLlm.Api.Keys;
using OrleansLlm.Catalog;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Live;

/// <summary>Finds the key that a person means: by its alias, its hash, itself, or as the master key.</summary>
internal sealed class KeySearch(AccountStore store, ICatalog catalog)
{
    /// <summary>No key has this hash.</summary>
    public const string Nobody = "nobody";

    /// <returns>A hash, or <see cref="Nobody"/>.</returns>
    public async Task<string> FindAsync(string named)
    {
        if (KeyHash.IsHash(named)) return named;
        if (named.StartsWith("sk-", StringComparison.Ordinal)) return KeyHash.Of(named);
        if (named.Equals("master key", StringComparison.OrdinalIgnoreCase) && catalog.Current.Settings.MasterKeyHash is { } master) return Convert.ToHexStringLower([.. master]);
        var (entries, _) = await AccountPages.ReadAsync(store, AccountKind.Key, new IndexQuery(Alias: named), 1, 1);
        return entries.Count > 0 ? entries[0].Id : Nobody;
    }
}
