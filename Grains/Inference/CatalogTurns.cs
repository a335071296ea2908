using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// The configurations that one request lives under. It keeps the one it began with, unless that leads nowhere any more: then it begins again
/// by the one in force. Not for ever: a configuration that changes faster than it can be followed ends in the refusal it caused.
/// </summary>
internal sealed class CatalogTurns(string inferenceId, ICatalog catalog)
{
    private const int Most = 5;

    private int _turn = 1;

    public GatewayCatalog Began { get; private set; } = catalog.Current;

    /// <summary>What leases are asked for under: what an earlier turn withdrew stays withdrawn.</summary>
    public string Id => _turn == 1 ? inferenceId : $"{inferenceId}~c{_turn}";

    /// <summary>Whether the failure is one of a configuration that has been replaced since.</summary>
    public bool BeginAgain(Failure? failure)
    {
        if (failure?.Kind is not (FailureKind.Draining or FailureKind.UnknownModel) || ReferenceEquals(Began, catalog.Current) || _turn == Most) return false;
        Began = catalog.Current;
        _turn++;
        return true;
    }
}
