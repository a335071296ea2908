using OrleansLlm.Keys;

namespace OrleansLlm.Grains.Keys;

/// <summary>Keeps one key, user or team, and the index's entry of it.</summary>
[GrainType("account")]
internal sealed class AccountGrain(
    [PersistentState(Names.AccountState, Names.StateStore)] IPersistentState<AccountState> state, IGrainFactory grains, TimeProvider time) : Grain, IAccountGrain
{
    public Task<Account?> GetAsync()
    {
        // Whoever guesses at keys must not fill the memory with grains.
        if (state.State.Account is null) DeactivateOnIdle();
        return Task.FromResult(state.State.Account);
    }

    public async Task<AccountAnswer> PutAsync(AccountWrite write)
    {
        var answer = AccountRules.Put(state.State, write, time.GetUtcNow(), out var next);
        if (next?.Account is not { } account) return answer;
        // Listed first: a key that works and that no list shows would be worse than an entry that leads nowhere.
        if (!await IndexOf(account.Kind, account.Id).PutAsync(new IndexEntry(account.Id, account.Alias, account.UserId, account.TeamId)))
        {
            return new AccountRefused(AccountRefusal.Full);
        }

        await StoreAsync(next, state.WriteStateAsync);
        return answer;
    }

    public async Task<AccountAnswer> DeleteAsync()
    {
        var account = state.State.Account;
        // Unlisted last: what is still listed can be deleted again.
        if (account is not null) await StoreAsync(new AccountState(), state.ClearStateAsync);
        var (kind, id) = AccountKeys.Parse(this.GetPrimaryKeyString());
        await IndexOf(kind, id).RemoveAsync(id);
        DeactivateOnIdle();
        return account is null ? new AccountRefused(AccountRefusal.NotFound) : new AccountDone(account);
    }

    /// <summary>An outcome that is not known is found out by the next activation.</summary>
    private Task StoreAsync(AccountState next, Func<Task> write) => state.ReplaceAsync(next, write, DeactivateOnIdle);

    private IAccountIndexGrain IndexOf(AccountKind kind, string id) => grains.GetGrain<IAccountIndexGrain>(AccountBuckets.Of(kind, id));
}
