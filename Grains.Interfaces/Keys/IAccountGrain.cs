using Orleans.Concurrency;

namespace OrleansLlm.Keys;

/// <summary>What one key, user or team may do (the grain's key: see <see cref="AccountKeys"/>). The only place where that is decided and kept.</summary>
[Alias("OrleansLlm.IAccountGrain")]
public interface IAccountGrain : IGrainWithStringKey
{
    /// <returns>Null: there is none.</returns>
    [ReadOnly]
    [Alias("Get")]
    Task<Account?> GetAsync();

    /// <summary>Stores it, and makes it known to the index. When this returns every node acts by it, at the latest when what it remembers is over.</summary>
    [Alias("Put")]
    Task<AccountAnswer> PutAsync(AccountWrite write);

    /// <summary>Forgets it for good. Harmless twice.</summary>
    [Alias("Delete")]
    Task<AccountAnswer> DeleteAsync();

    /// <summary>Likewise, if nobody has changed it since that version.</summary>
    [Alias("DeleteAt")]
    Task<AccountAnswer> DeleteAtAsync(long version);
}
