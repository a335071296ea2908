using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// The configurations that one request lives under. It keeps the one it began with, unless that leads nowhere any more: then it begins again
/// by the one in force. Not for ever: a configuration that changes faster than it can be followed ends in the refusal it caused.
/// </summary>
internal sealed class CatalogTurns(string inferenceId, ICatalog catalog, ICatalogSync sync)
{
    private const int Most = 5;

    private int _turn = 1;

    public GatewayCatalog Began { get; private set; } = catalog.Current;

    /// <summary>What leases are asked for under: what an earlier turn withdrew stays withdrawn.</summary>
    public string Id => _turn == 1 ? inferenceId : $"{inferenceId}~c{_turn}";

    /// <summary>Another node's front end may know a model before this one does.</summary>
    public async Task KnowAsync(string model, CancellationToken cancellationToken)
    {
        if (Began.FindGroup(model) is not null) return;
        await sync.SyncAsync(cancellationToken);
        Began = catalog.Current;
    }

    /// <summary>
    /// Whether it has failed by a configuration that has been replaced since, here or on another node. One whose fallback was asked has been served as well
    /// as could be, and all of its timeouts anew are more than its client has reckoned with.
    /// </summary>
    public async Task<bool> BeginAgainAsync(Dispatched dispatched, CancellationToken cancellationToken)
    {
        if (dispatched.Asked || dispatched.Failure?.Kind is not (FailureKind.Draining or FailureKind.UnknownModel) || _turn == Most) return false;
        if (ReferenceEquals(Began, catalog.Current)) await sync.SyncAsync(cancellationToken);
        if (ReferenceEquals(Began, catalog.Current)) return false;
        Began = catalog.Current;
        _turn++;
        return true;
    }
}
