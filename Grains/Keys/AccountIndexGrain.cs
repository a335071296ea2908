using System.Collections.Immutable;
using OrleansLlm.Keys;

namespace OrleansLlm.Grains.Keys;

/// <summary>Keeps one bucket of the list of accounts.</summary>
[GrainType("account-index")]
internal sealed class AccountIndexGrain(
    [PersistentState(Names.AccountIndexState, Names.StateStore)] IPersistentState<AccountIndexState> state) : Grain, IAccountIndexGrain
{
    public async Task<bool> PutAsync(IndexEntry entry)
    {
        var changed = AccountList.Put(state.State.Rows, entry, AccountBuckets.MaxEntries);
        if (changed is true) await WriteAsync();
        return changed is not null;
    }

    public Task RemoveAsync(string id) => AccountList.Remove(state.State.Rows, id) ? WriteAsync() : Task.CompletedTask;

    public Task<int> CountAsync(IndexQuery query) => Task.FromResult(AccountList.Count(state.State.Rows, query));

    public Task<ImmutableArray<IndexEntry>> SliceAsync(IndexQuery query, int skip, int take) =>
        Task.FromResult(AccountList.Slice(state.State.Rows, query, skip, take));

    /// <summary>What memory has and the store has not is forgotten with the activation.</summary>
    private async Task WriteAsync()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            DeactivateOnIdle();
            throw;
        }
    }
}
