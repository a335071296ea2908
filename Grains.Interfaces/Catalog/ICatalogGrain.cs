using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansLlm.Catalog;

/// <summary>Owns what administrators have changed; one for the whole cluster, its key is <see cref="Key"/>.</summary>
[Alias("OrleansLlm.ICatalogGrain")]
public interface ICatalogGrain : IGrainWithStringKey
{
    const string Key = "overlay";

    /// <param name="known">The version that the caller has.</param>
    /// <returns>Null: that is the newest.</returns>
    [ReadOnly]
    [Alias("Get")]
    Task<CatalogOverlay?> GetAsync(long known);

    /// <summary>Checks the change against the file of the grain's own node and stores it.</summary>
    [Alias("Change")]
    Task<ChangeAnswer> ChangeAsync(CatalogChange change);

    /// <summary>Notes what the caller has, and forgets whoever has said nothing for three times <see cref="NodeConfiguration.BetweenNews"/>. Nothing of it is stored.</summary>
    /// <returns>What the other nodes have said.</returns>
    [Alias("Compare")]
    Task<ImmutableArray<NodeConfiguration>> CompareAsync(NodeConfiguration own);
}
