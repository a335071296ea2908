using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansLlm.Keys;

/// <summary>
/// One bucket of the list of accounts, or of a shorter one (the grain's key: see <see cref="AccountBuckets"/> and <see cref="AccountLists"/>). Never on the path of a request.
/// </summary>
[Alias("OrleansLlm.IAccountIndexGrain")]
public interface IAccountIndexGrain : IGrainWithStringKey
{
    /// <summary>Adds an entry or replaces the one with its id. Asked of the 256 only, as are the next two.</summary>
    /// <returns>False when the bucket is full, with all below it.</returns>
    [Alias("Put")]
    Task<bool> PutAsync(IndexEntry entry);

    [Alias("Remove")]
    Task RemoveAsync(string id);

    [ReadOnly]
    [Alias("Count")]
    Task<int> CountAsync(IndexQuery query);

    /// <summary>In an order of their own, which stays the same until they are split.</summary>
    [ReadOnly]
    [Alias("Slice")]
    Task<ImmutableArray<IndexEntry>> SliceAsync(IndexQuery query, int skip, int take);

    /// <summary>From the bucket above, or of a shorter list from the account: as <see cref="PutAsync"/>.</summary>
    /// <returns>How many entries it has then, with all below it.</returns>
    [Alias("PutBelow")]
    Task<int> PutBelowAsync(IndexEntry entry);

    /// <summary>Into a shorter list, from one of the 256 that has them from an older version: what <see cref="PutBelowAsync"/> would do one by one, with each bucket written once.</summary>
    /// <inheritdoc cref="PutBelowAsync" path="/returns"/>
    [Alias("PutAllBelow")]
    Task<int> PutAllBelowAsync(ImmutableArray<IndexEntry> entries);

    /// <summary>From the bucket above, or of a shorter list from the account: as <see cref="RemoveAsync"/>.</summary>
    /// <inheritdoc cref="PutBelowAsync" path="/returns"/>
    [Alias("RemoveBelow")]
    Task<int> RemoveBelowAsync(string id);

    /// <summary>From the bucket above, which is being split: these are all of its entries, whatever it had. Harmless twice.</summary>
    [Alias("Adopt")]
    Task AdoptAsync(ImmutableArray<IndexEntry> entries);

    /// <summary>Of the 256: whether all of its entries are in the shorter lists as well, which older versions did not have.</summary>
    [ReadOnly]
    [Alias("IsListed")]
    Task<bool> IsListedAsync();

    /// <summary>Of the 256: puts its entries into the shorter lists, once. Nothing is put or removed here meanwhile.</summary>
    [Alias("List")]
    Task ListAsync();
}

/// <summary>What accounts are found by.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.IndexEntry")]
public sealed record IndexEntry(
    [property: Id(0)] string Id,
    [property: Id(1)] string? Alias,
    [property: Id(2)] string? UserId,
    [property: Id(3)] string? TeamId);

/// <summary>Which of them; null: any.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.IndexQuery")]
public sealed record IndexQuery(
    [property: Id(0)] string? Id = null,
    [property: Id(1)] string? Alias = null,
    [property: Id(2)] string? UserId = null,
    [property: Id(3)] string? TeamId = null)
{
    /// <summary>All that there are.</summary>
    public bool IsAny => this == new IndexQuery();

    public bool Matches(string id, string? alias, string? userId, string? teamId) =>
        (Id is null || Id == id) && (Alias is null || Alias == alias) && (UserId is null || UserId == userId) && (TeamId is null || TeamId == teamId);
}
