namespace OrleansLlm.Ledger;

/// <summary>Where a process leaves what its requests have used. Never waits, never fails: whatever becomes of the row, its request is served.</summary>
public interface ILedger
{
    void Add(LedgerRow row);
}
