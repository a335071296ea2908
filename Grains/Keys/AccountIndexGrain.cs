using System.Collections.Immutable;
using OrleansLlm.Keys;

namespace OrleansLlm.Grains.Keys;

/// <summary>
/// Keeps one bucket of the list of accounts, or what is known of the sixteen below it. A call goes from above to below only, and what a bucket tells is how many it has,
/// not how many more: what a crash has left uncounted is counted with the next change there.
/// </summary>
[GrainType("account-index")]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class AccountIndexGrain(
    [PersistentState(Names.AccountIndexState, Names.StateStore)] IPersistentState<AccountIndexState> state) : Grain, IAccountIndexGrain
{
    private bool IsSplit => state.State.Below.Count > 0;

    /// <summary>Shorter lists that are put into at the same time.</summary>
    private const int ListedAtOnce = 16;

    private int Entries => IsSplit ? state.State.Below.Sum() : state.State.Rows.Count;

    public async Task<bool> PutAsync(IndexEntry entry)
    {
        if (Entries >= AccountBuckets.MaxEntries && await CountAsync(new IndexQuery(entry.Id)) == 0) return false;
        // The account itself puts it into the shorter lists.
        if (!state.RecordExists) state.State.Listed = true;
        await PutBelowAsync(entry);
        return true;
    }

    public Task RemoveAsync(string id) => RemoveBelowAsync(id);

    public async Task<int> PutBelowAsync(IndexEntry entry)
    {
        if (IsSplit) await CountedAsync(WhichBelow(entry.Id), b => b.PutBelowAsync(entry));
        else if (AccountList.Put(state.State.Rows, entry)) await StoreAsync();
        return Entries;
    }

    public async Task<int> PutAllBelowAsync(ImmutableArray<IndexEntry> entries)
    {
        if (IsSplit)
        {
            foreach (var part in entries.GroupBy(e => WhichBelow(e.Id))) await CountedAsync(part.Key, b => b.PutAllBelowAsync([.. part]));
        }
        else if (entries.Count(e => AccountList.Put(state.State.Rows, e)) > 0)
        {
            await StoreAsync();
        }

        return Entries;
    }

    public async Task<int> RemoveBelowAsync(string id)
    {
        if (IsSplit) await CountedAsync(WhichBelow(id), b => b.RemoveBelowAsync(id));
        else if (AccountList.Remove(state.State.Rows, id)) await StoreAsync();
        return Entries;
    }

    public async Task AdoptAsync(ImmutableArray<IndexEntry> entries)
    {
        if (entries.IsEmpty && !state.RecordExists) return;
        state.State = new AccountIndexState { Rows = AccountList.Rows(entries) };
        await StoreAsync();
    }

    public async Task<int> CountAsync(IndexQuery query)
    {
        if (!IsSplit) return AccountList.Count(state.State.Rows, query);
        return query.IsAny ? Entries : (await CountBelowAsync(query)).Sum();
    }

    public async Task<ImmutableArray<IndexEntry>> SliceAsync(IndexQuery query, int skip, int take)
    {
        if (!IsSplit) return AccountList.Slice(state.State.Rows, query, skip, take);
        IReadOnlyList<int> counts = query.IsAny ? state.State.Below : await CountBelowAsync(query);
        var found = ImmutableArray.CreateBuilder<IndexEntry>();
        for (var which = 0; which < counts.Count && found.Count < take; which++)
        {
            if (skip < counts[which]) found.AddRange(await Below(which).SliceAsync(query, skip, take - found.Count));
            skip = Math.Max(0, skip - counts[which]);
        }

        return found.ToImmutable();
    }

    public Task<bool> IsListedAsync() => Task.FromResult(!state.RecordExists || state.State.Listed);

    public async Task ListAsync()
    {
        if (await IsListedAsync()) return;
        var (kind, _) = AccountKeys.Parse(this.GetPrimaryKeyString());
        // All of a list together: they go the same way below it, by the same first digits.
        var lists = (await SliceAsync(new IndexQuery(), 0, int.MaxValue))
            .SelectMany(entry => AccountLists.Of(kind, entry).Select(list => (List: list, Entry: entry)))
            .GroupBy(put => put.List, put => put.Entry, StringComparer.Ordinal);
        foreach (var some in lists.Chunk(ListedAtOnce))
        {
            await Task.WhenAll(some.Select(list => GrainFactory.GetGrain<IAccountIndexGrain>(list.Key).PutAllBelowAsync([.. list])));
        }

        state.State.Listed = true;
        await WriteAsync();
    }

    private async Task<int[]> CountBelowAsync(IndexQuery query)
    {
        var only = query.Id is { } id ? WhichBelow(id) : (int?)null;
        return await Task.WhenAll(Enumerable.Range(0, AccountBuckets.Below).Select(which => only is null || only == which ? Below(which).CountAsync(query) : Task.FromResult(0)));
    }

    private async Task CountedAsync(int which, Func<IAccountIndexGrain, Task<int>> change)
    {
        var count = await change(Below(which));
        if (state.State.Below[which] == count) return;
        state.State.Below[which] = count;
        await WriteAsync();
    }

    /// <summary>Its own entries; too many of them go below, and only when they all are there has it none.</summary>
    private async Task StoreAsync()
    {
        if (state.State.Rows.Count > AccountBuckets.MostOwn)
        {
            var parts = AccountList.Split(this.GetPrimaryKeyString(), state.State.Rows);
            try
            {
                await Task.WhenAll(parts.Select((entries, which) => Below(which).AdoptAsync(entries)));
            }
            catch
            {
                DeactivateOnIdle();
                throw;
            }

            state.State = new AccountIndexState { Below = [.. parts.Select(p => p.Length)], Listed = state.State.Listed };
        }

        await WriteAsync();
    }

    /// <summary>What memory has and the store has not is forgotten with the activation. The last key of a user leaves nothing behind.</summary>
    private async Task WriteAsync()
    {
        try
        {
            if (Entries > 0) await state.WriteStateAsync();
            else if (state.RecordExists) await state.ClearStateAsync();
        }
        catch
        {
            DeactivateOnIdle();
            throw;
        }
    }

    private int WhichBelow(string id) => AccountBuckets.WhichBelow(this.GetPrimaryKeyString(), id);

    private IAccountIndexGrain Below(int which) => GrainFactory.GetGrain<IAccountIndexGrain>(AccountBuckets.NameBelow(this.GetPrimaryKeyString(), which));
}
