namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.ledger</c> and <c>general_settings.database_url</c>: the row that is kept of every request.</summary>
public sealed record LedgerOptions
{
    /// <summary>Default true; <c>general_settings.disable_spend_logs</c> says the opposite.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Npgsql's connection string (<c>general_settings.database_url</c>) of a PostgreSQL that all nodes write to. Secret: never logged, never
    /// shown. Null: each process writes a SQLite file of its own.
    /// </summary>
    public string? Postgres { get; init; }

    /// <summary>Rows stored at once at most. Default 500.</summary>
    public int Batch { get; init; } = 500;

    /// <summary>Rows that may wait in memory for the disk; the next one is lost, and counted in the log. Default 10,000.</summary>
    public int MaxQueue { get; init; } = 10_000;

    /// <summary>Bytes of rows that may wait on the disk for the database; the next one is lost, and counted in the log. Default 256 MiB, about half a million rows.</summary>
    public long SpoolMaxBytes { get; init; } = 256L << 20;

    /// <summary>The pause before a database that failed is tried again doubles from a second up to this. Default 30 s.</summary>
    public TimeSpan RetryMost { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Rows older than this are deleted. Default 400 days; zero: never.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(400);
}
