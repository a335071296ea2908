namespace OrleansLlm.Telemetry;

/// <summary>What becomes of the ledger's rows after their requests. Without a ledger there are no series.</summary>
public sealed class LedgerMetrics(MetricSet set)
{
    private readonly GaugeMetric _up = set.Gauge("orleansllm_ledger_up", "", "1: the ledger's database has taken what there was, 0: it fails, and rows wait on the disk, or in memory where that fails too");
    private readonly GaugeMetric _waiting = set.Gauge("orleansllm_ledger_spool_bytes", "By", "Rows on the disk of this node that wait for the ledger's database");
    private readonly CounterMetric _lost = set.Counter("orleansllm_ledger_rows_lost", "", "Rows that are in no ledger: there was no room for them, or no database takes them");

    public void Begin() => _lost.Begin();

    public void Stores(bool up, long waitingBytes)
    {
        _up.Set(up ? 1 : 0);
        _waiting.Set(waitingBytes);
    }

    public void Lose(long rows) => _lost.Add(rows);
}
