using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.ledger</c>.</summary>
internal static class LedgerReader
{
    /// <param name="retention">What LiteLLM's key says, for where ours says nothing.</param>
    public static LedgerOptions? Read(ConfigSection settings, TimeSpan? retention)
    {
        var defaults = new LedgerOptions();
        defaults = defaults with { Retention = retention ?? defaults.Retention };
        if (settings.Map("ledger") is not { } map) return retention is null ? null : defaults;
        var path = settings.PathOf("ledger");
        settings.Report.Honoured(path, map.Line);
        var s = new ConfigSection(map, path, settings.Report);
        var options = new LedgerOptions
        {
            Enabled = s.Bool("enabled") ?? defaults.Enabled,
            Batch = s.Int("batch", 1, 10_000) ?? defaults.Batch,
            MaxQueue = s.Int("max_queue", 1, 1_000_000) ?? defaults.MaxQueue,
            SpoolMaxBytes = (long?)s.Number("spool_max_bytes", 1024) ?? defaults.SpoolMaxBytes,
            RetryMost = s.Seconds("retry_most", 1) ?? defaults.RetryMost,
            Retention = s.Number("retention_days", 0, 36_500) is { } days ? TimeSpan.FromDays(days) : defaults.Retention,
        };
        s.Finish();
        return options;
    }
}
