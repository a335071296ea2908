using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansLlm.Keys;

/// <summary>One bucket of the list of accounts (the grain's key: see <see cref="AccountBuckets"/>). Never on the path of a request.</summary>
[Alias("OrleansLlm.IAccountIndexGrain")]
public interface IAccountIndexGrain : IGrainWithStringKey
{
    /// <summary>Adds an entry or replaces the one with its id.</summary>
    /// <returns>False when the bucket is full.</returns>
    [Alias("Put")]
    Task<bool> PutAsync(IndexEntry entry);

    [Alias("Remove")]
    Task RemoveAsync(string id);

    [ReadOnly]
    [Alias("Count")]
    Task<int> CountAsync(IndexQuery query);

    /// <summary>In the order of their ids.</summary>
    [ReadOnly]
    [Alias("Slice")]
    Task<ImmutableArray<IndexEntry>> SliceAsync(IndexQuery query, int skip, int take);
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
    public bool Matches(string id, string? alias, string? userId, string? teamId) =>
        (Id is null || Id == id) && (Alias is null || Alias == alias) && (UserId is null || UserId == userId) && (TeamId is null || TeamId == teamId);
}
