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
}
