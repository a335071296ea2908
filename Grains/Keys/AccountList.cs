using System.Collections.Immutable;
using OrleansLlm.Keys;

namespace OrleansLlm.Grains.Keys;

/// <summary>The rules of one bucket's own entries: sorted by id, one entry an id.</summary>
internal static class AccountList
{
    /// <returns>Whether there was something to change.</returns>
    public static bool Put(List<AccountIndexRow> rows, IndexEntry entry)
    {
        var at = Find(rows, entry.Id);
        var row = Row(entry);
        if (at < 0)
        {
            rows.Insert(~at, row);
            return true;
        }

        var old = rows[at];
        if ((old.Alias, old.UserId, old.TeamId) == (row.Alias, row.UserId, row.TeamId)) return false;
        rows[at] = row;
        return true;
    }

    /// <returns>Whether it was there.</returns>
    public static bool Remove(List<AccountIndexRow> rows, string id)
    {
        var at = Find(rows, id);
        if (at < 0) return false;
        rows.RemoveAt(at);
        return true;
    }

    public static int Count(List<AccountIndexRow> rows, IndexQuery query) => rows.Count(r => query.Matches(r.Id, r.Alias, r.UserId, r.TeamId));

    public static ImmutableArray<IndexEntry> Slice(List<AccountIndexRow> rows, IndexQuery query, int skip, int take) =>
    [
        .. rows.Where(r => query.Matches(r.Id, r.Alias, r.UserId, r.TeamId)).Skip(skip).Take(take).Select(Entry),
    ];

    public static List<AccountIndexRow> Rows(IEnumerable<IndexEntry> entries) => [.. entries.Select(Row).OrderBy(r => r.Id, StringComparer.Ordinal)];

    /// <summary>The entries of each of the sixteen below a bucket that is split.</summary>
    public static ImmutableArray<IndexEntry>[] Split(string bucket, List<AccountIndexRow> rows)
    {
        var parts = rows.ToLookup(r => AccountBuckets.WhichBelow(bucket, r.Id), Entry);
        return [.. Enumerable.Range(0, AccountBuckets.Below).Select(which => parts[which].ToImmutableArray())];
    }

    private static AccountIndexRow Row(IndexEntry entry) => new() { Id = entry.Id, Alias = entry.Alias, UserId = entry.UserId, TeamId = entry.TeamId };

    private static IndexEntry Entry(AccountIndexRow row) => new(row.Id, row.Alias, row.UserId, row.TeamId);

    /// <returns>Where it is; if it is not there, the complement of where it belongs.</returns>
    private static int Find(List<AccountIndexRow> rows, string id)
    {
        var (from, to) = (0, rows.Count - 1);
        while (from <= to)
        {
            var middle = (from + to) / 2;
            var order = string.CompareOrdinal(rows[middle].Id, id);
            if (order == 0) return middle;
            if (order < 0) from = middle + 1;
            else to = middle - 1;
        }

        return ~from;
    }
}
