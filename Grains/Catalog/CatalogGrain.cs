using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Catalog;

/// <summary>The shell around <see cref="OverlayRules"/>: the stored overlay, written before a change is acknowledged.</summary>
[GrainType("catalog")]
internal sealed class CatalogGrain(
    [PersistentState(Names.CatalogState, Names.StateStore)] IPersistentState<CatalogState> state, ICatalogCompiler compiler, ICatalog catalog, TimeProvider time,
    ILogger<CatalogGrain> logger)
    : Grain, ICatalogGrain
{
    private readonly NodeConfigurations _nodes = new(time);

    private StateKeys Keys => catalog.Current.Settings.StateKeys;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var before = state.State;
        if (before.Resealed(Keys) is not { } resealed) return;
        state.State = resealed;
        try
        {
            await state.WriteStateAsync();
            logger.EntriesSealed(resealed.Version);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What is stored can be read as it is, and is sealed with the next change.
            state.State = before;
            logger.EntriesNotSealed(e);
        }
    }

    public Task<CatalogOverlay?> GetAsync(long known) => Task.FromResult(known == state.State.Version ? null : state.State.ToOverlay(Keys));

    public Task<ImmutableArray<NodeConfiguration>> CompareAsync(NodeConfiguration own) => Task.FromResult(_nodes.Compare(own));

    public async Task<ChangeAnswer> ChangeAsync(CatalogChange change)
    {
        var before = state.State;
        // The first answer was lost: it has been made.
        if (before.Changes.Contains(change.ChangeId)) return new ChangeMade(before.Version, []);
        var (overlay, answer) = OverlayRules.Make(before.ToOverlay(Keys), change, compiler);
        if (overlay is null) return answer;
        state.State = before.With(overlay, change.ChangeId, Keys);
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // What is not stored is not told either.
            state.State = before;
            throw;
        }

        logger.CatalogChanged(overlay.Version, change.ToString(), overlay.Models.Length, overlay.Deleted.Length, overlay.Backends.Length);
        return answer;
    }
}
