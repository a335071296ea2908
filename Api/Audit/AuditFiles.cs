namespace OrleansLlm.Api.Audit;

/// <summary>
/// The files of this process in a folder that several of one machine may share: who turns a full file over must be the only one that writes to it,
/// so that each has its own, <c>audit-2.log</c> and <c>logins-2.log</c> beside those of the first.
/// </summary>
internal sealed class AuditFiles : IDisposable
{
    private readonly ClaimedName _claim;

    private AuditFiles(ClaimedName claim)
    {
        _claim = claim;
        Changes = new RotatingFile(claim.PathOf("audit") + ".log");
        Logins = new RotatingFile(claim.PathOf("logins") + ".log");
    }

    public RotatingFile Changes { get; }

    public RotatingFile Logins { get; }

    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static AuditFiles Claim(string folder) => new(ClaimedName.Claim(folder, "audit"));

    public void Dispose()
    {
        Changes.Dispose();
        Logins.Dispose();
        _claim.Dispose();
    }
}
