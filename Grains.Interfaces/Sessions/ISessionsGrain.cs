namespace OrleansLlm.Sessions;

/// <summary>
/// The browsers that are signed in with one key (the grain's key: the hash of that API key). A session is known by the hash of its secret, and ends by itself
/// when it has not been used for a while. Every call may be repeated.
/// </summary>
[Alias("OrleansLlm.ISessionsGrain")]
public interface ISessionsGrain : IGrainWithStringKey
{
    /// <summary>Begins a session. Past the bound of one key the one that was unused longest ends.</summary>
    /// <param name="secretHash">SHA-256 in lower hex digits.</param>
    /// <param name="mask">What may be shown of the key.</param>
    [Alias("Begin")]
    Task BeginAsync(string secretHash, string mask);

    /// <summary>Whether there is such a session; if so it has been used now.</summary>
    /// <returns>What may be shown of the key; null: there is none.</returns>
    [Alias("Use")]
    Task<string?> UseAsync(string secretHash);

    [Alias("End")]
    Task EndAsync(string secretHash);
}
