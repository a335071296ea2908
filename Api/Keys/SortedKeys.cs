using System.Collections.Concurrent;
using OrleansLlm.Api.Access;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>
/// The list of keys as people look for one: by alias or else by user, those without either last, and those that are called the same in the order in which they were made; or by that alone. The index is
/// in the order of a hash, so all of it is read for a page; where there are more keys than that is worth, the order stays the hash's and a search finds whole names only.
/// </summary>
internal sealed class SortedKeys(AccountStore store)
{
    public const int Most = 2_000;

    private const int AtOnce = 32;

    /// <param name="search">A part of an alias, a user or a team, a key, or its hash; null: any.</param>
    public async Task<(List<IndexEntry> Entries, int Total, bool Sorted)> ReadAsync(IndexQuery query, string? search, KeyOrder order, Paging paging)
    {
        var (_, total) = await AccountPages.ReadAsync(store, AccountKind.Key, query, 1, 0);
        if (total > Most) return await ReadUnsortedAsync(query, search, paging);
        var (all, _) = await AccountPages.ReadAsync(store, AccountKind.Key, query, 1, Most);
        var found = search is null ? all : all.FindAll(e => Matches(e, search));
        return (await PageAsync(found, order, paging), found.Count, true);
    }

    private async Task<(List<IndexEntry> Entries, int Total, bool Sorted)> ReadUnsortedAsync(IndexQuery query, string? search, Paging paging)
    {
        foreach (var whole in search is null ? [query] : Whole(query, search))
        {
            var (entries, total) = await AccountPages.ReadAsync(store, AccountKind.Key, whole, paging.Page, paging.Size);
            if (total > 0) return (entries, total, false);
        }

        return ([], 0, false);
    }

    /// <summary>What <paramref name="search"/> may be the whole of, one after the other.</summary>
    private static IEnumerable<IndexQuery> Whole(IndexQuery query, string search)
    {
        if (HashOf(search) is { } hash)
        {
            if (query.Id is null) yield return query with { Id = hash };
            yield break;
        }

        if (query.Alias is null) yield return query with { Alias = search };
        if (query.UserId is null) yield return query with { UserId = search };
        if (query.TeamId is null) yield return query with { TeamId = search };
    }

    private static bool Matches(IndexEntry entry, string search) =>
        HashOf(search) is { } hash ? entry.Id == hash : Has(entry.Alias, search) || Has(entry.UserId, search) || Has(entry.TeamId, search);

    private static bool Has(string? text, string part) => text?.Contains(part, StringComparison.OrdinalIgnoreCase) == true;

    private static string? HashOf(string search) =>
        KeyHash.IsHash(search) ? search : search.StartsWith("sk-", StringComparison.Ordinal) ? KeyHash.Of(search) : null;

    private async Task<List<IndexEntry>> PageAsync(List<IndexEntry> found, KeyOrder order, Paging paging)
    {
        if (order.By == KeyOrder.Token) return [.. paging.Of(found)];
        // All of one name: of nothing but their creation.
        var names = order.By == KeyOrder.Creation ? found.GroupBy(_ => "") : found.GroupBy(e => e.Alias ?? e.UserId ?? "", StringComparer.OrdinalIgnoreCase).OrderBy(g => g.Key.Length == 0).ThenBy(g => g.Key, StringComparer.OrdinalIgnoreCase);
        var entries = new List<IndexEntry>();
        var skip = paging.Before;
        foreach (var name in order.Descending ? names.Reverse() : names)
        {
            var count = name.Count();
            if (skip >= count)
            {
                skip -= count;
                continue;
            }

            // Only those that reach into the page are asked when they were made.
            entries.AddRange((count == 1 ? name : await ByCreationAsync(name, order.Descending)).Skip((int)skip).Take(paging.Size - entries.Count));
            skip = 0;
            if (entries.Count == paging.Size) break;
        }

        return entries;
    }

    private async Task<IEnumerable<IndexEntry>> ByCreationAsync(IEnumerable<IndexEntry> entries, bool descending)
    {
        var made = new ConcurrentDictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(entries, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (entry, _) =>
            made[entry.Id] = (await store.GetAsync(AccountKind.Key, entry.Id))?.CreatedAt ?? DateTimeOffset.MaxValue);
        var sorted = entries.OrderBy(e => made[e.Id]).ThenBy(e => e.Id, StringComparer.Ordinal);
        return descending ? sorted.Reverse() : sorted;
    }
}
