namespace OrleansLlm.Ledger.Writing;

/// <param name="Damaged">Lines that are no rows: torn by a crash.</param>
/// <param name="End">Where in the oldest file they end.</param>
internal sealed record SpooledRows(IReadOnlyList<LedgerRow> Rows, int Damaged, long End);
