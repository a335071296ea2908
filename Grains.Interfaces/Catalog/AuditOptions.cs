namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.audit</c>: the files in which changes and refused logins are written down.</summary>
public sealed record AuditOptions
{
    /// <summary>Null: <c>audit</c> in the data folder. Read at start only.</summary>
    public string? Folder { get; init; }

    /// <summary>Of one file, before the next is begun. Default 10 MiB.</summary>
    public long MaxBytes { get; init; } = 10L << 20;

    /// <summary>Kept in all, of changes and of refused logins each. Default 10.</summary>
    public int Files { get; init; } = 10;
}
