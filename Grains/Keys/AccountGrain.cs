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
        await UnlistAsync();
        var answer = AccountRules.Put(state.State, write, time.GetUtcNow(), out var next);
        if (next?.Account is not { } account) return answer;
        // Listed first: a key that works and that no list shows would be worse than an entry that leads nowhere.
        var entry = EntryOf(account);
        if (!await IndexOf(account.Kind, account.Id).PutAsync(entry)) return new AccountRefused(AccountRefusal.Full);
        var lists = AccountLists.Of(account.Kind, entry);
        await Task.WhenAll(lists.Select(list => grains.GetGrain<IAccountIndexGrain>(list).PutBelowAsync(entry)));
        if (state.State.Account is { } before) next.Unlist = [.. AccountLists.Of(before.Kind, EntryOf(before)).Except(lists)];
        await StoreAsync(next, state.WriteStateAsync);
        await UnlistAsync();
        return answer;
    }

    public async Task<AccountAnswer> DeleteAtAsync(long version) =>
        state.State.Account is { } account && account.Version != version ? new AccountRefused(AccountRefusal.Changed) : await DeleteAsync();

    public async Task<AccountAnswer> DeleteAsync()
    {
        var (account, unlist) = (state.State.Account, state.State.Unlist);
        // Unlisted last: what is still listed can be deleted again.
        if (account is not null) await StoreAsync(new AccountState(), state.ClearStateAsync);
        var (kind, id) = AccountKeys.Parse(this.GetPrimaryKeyString());
        var index = IndexOf(kind, id);
        var entry = account is not null ? EntryOf(account) : (await index.SliceAsync(new IndexQuery(id), 0, 1)).FirstOrDefault();
        if (entry is not null) await RemoveAsync([.. AccountLists.Of(kind, entry), .. unlist], id);
        await index.RemoveAsync(id);
        DeactivateOnIdle();
        return account is null ? new AccountRefused(AccountRefusal.NotFound) : new AccountDone(account);
    }

    /// <summary>An outcome that is not known is found out by the next activation.</summary>
    private Task StoreAsync(AccountState next, Func<Task> write) => state.ReplaceAsync(next, write, DeactivateOnIdle);

    /// <summary>Takes it out of the lists of whom it belonged to; what was broken off is done with the next change.</summary>
    private async Task UnlistAsync()
    {
        if (state.State is not { Account: { } account, Unlist: { Count: > 0 } lists }) return;
        await RemoveAsync(lists, account.Id);
        await StoreAsync(new AccountState { Account = account, LastChange = state.State.LastChange }, state.WriteStateAsync);
    }

    private Task RemoveAsync(IEnumerable<string> lists, string id) => Task.WhenAll(lists.Select(list => grains.GetGrain<IAccountIndexGrain>(list).RemoveBelowAsync(id)));

    private static IndexEntry EntryOf(Account account) => new(account.Id, account.Alias, account.UserId, account.TeamId);

    private IAccountIndexGrain IndexOf(AccountKind kind, string id) => grains.GetGrain<IAccountIndexGrain>(AccountBuckets.Of(kind, id));
}
