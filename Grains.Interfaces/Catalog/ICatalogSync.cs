namespace OrleansLlm.Catalog;

/// <summary>Brings this process up to what administrators have changed, now rather than with its next look.</summary>
public interface ICatalogSync
{
    /// <summary>Ends when every change that was stored before the call is in force here, or when its owner cannot be asked.</summary>
    Task SyncAsync(CancellationToken cancellationToken);
}
