namespace OrleansLlm.Api.Audit;

/// <summary>Where the host keeps its files.</summary>
/// <param name="Path">Null: nowhere; audit lines go to the log only.</param>
public sealed record AuditFolder(string? Path);
