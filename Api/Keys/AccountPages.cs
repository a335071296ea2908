using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>Pages of the list of accounts, over its buckets: as many are asked as the page needs, and all of them only how many they have.</summary>
internal static class AccountPages
{
    private const int AtOnce = 32;

    public static async Task<(List<IndexEntry> Entries, int Total)> ReadAsync(AccountStore store, AccountKind kind, IndexQuery query, int page, int size)
    {
        var (buckets, asked) = await store.WhereAsync(kind, query);
        var counts = new int[buckets.Count];
        await Parallel.ForAsync(0, counts.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (bucket, _) => counts[bucket] = await store.CountAsync(buckets[bucket], asked));
        var entries = new List<IndexEntry>();
        var skip = (page - 1L) * size;
        for (var bucket = 0; bucket < counts.Length && entries.Count < size; bucket++)
        {
            if (skip >= counts[bucket])
            {
                skip -= counts[bucket];
                continue;
            }

            entries.AddRange(await store.SliceAsync(buckets[bucket], asked, (int)skip, size - entries.Count));
            skip = 0;
        }

        return (entries, counts.Sum());
    }

    /// <summary>Everything that a query finds: for what is few, such as the keys of one user.</summary>
    public static async Task<List<IndexEntry>> AllAsync(AccountStore store, AccountKind kind, IndexQuery query)
    {
        return (await ReadAsync(store, kind, query, 1, int.MaxValue)).Entries;
    }
}
