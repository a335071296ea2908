using OrleansLlm.Ledger;

namespace OrleansLlm.Grains;

/// <summary>Where no ledger is kept.</summary>
internal sealed class NoLedger : ILedger
{
    public void Add(LedgerRow row) => _ = row;
}
