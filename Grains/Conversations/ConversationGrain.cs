using OrleansLlm.Catalog;
using OrleansLlm.Conversations;

namespace OrleansLlm.Grains.Conversations;

/// <summary>Stores one conversation. A turn that is acknowledged is in the store.</summary>
[GrainType("conversation")]
internal sealed class ConversationGrain(
    [PersistentState(Names.ConversationState, Names.StateStore)] IPersistentState<ConversationState> state, ICatalog catalog, TimeProvider time)
    : Grain, IConversationGrain
{
    /// <summary>Longer than most answers take.</summary>
    private static readonly TimeSpan AnsweredWithin = TimeSpan.FromMinutes(10);

    private long? _readAt;
    private bool _erased;

    private ConversationOptions Options => catalog.Current.Settings.Conversations;

    /// <summary>Whoever has read it may be about to add a turn.</summary>
    private bool IsInUse => _readAt is { } at && time.GetElapsedTime(at) < AnsweredWithin;

    public Task<ConversationContent> ReadAsync()
    {
        var content = Content();
        if (content.Exists) _readAt = time.GetTimestamp();
        return Task.FromResult(content);
    }

    public async Task<AppendOutcome> AppendAsync(NewTurn turn)
    {
        if (_erased && turn.After is { } begun && state.State.CreatedAt != begun.UtcTicks) return AppendOutcome.Erased;
        if (ConversationRules.IsTaken(state.State, turn.Turn, Options, time.GetUtcNow())) return AppendOutcome.Taken;
        var next = ConversationRules.Append(state.State, turn, Options, time.GetUtcNow());
        if (next is null) return AppendOutcome.TooLarge;
        if (next == state.State) return AppendOutcome.Stored;
        if (!await ListAsync(next)) return AppendOutcome.ListFull;
        await WriteAsync(next);
        return AppendOutcome.Stored;
    }

    public async Task<ConversationContent> DescribeAsync(string user, ReadOnlyMemory<byte> metadata)
    {
        var next = ConversationRules.Describe(state.State, user, metadata.ToArray(), Options, time.GetUtcNow());
        if (!await ListAsync(next)) return ConversationContent.Empty;
        await WriteAsync(next);
        return Content();
    }

    public async Task<bool> ReplaceAsync(ConversationTurn was, ConversationTurn turn)
    {
        if (ConversationRules.Replace(state.State, was, turn, Options, time.GetUtcNow()) is not { } next) return false;
        await WriteAsync(next);
        return true;
    }

    public Task NoteAskedAgainAsync(string turnId)
    {
        var next = ConversationRules.NoteAskedAgain(state.State, turnId, Options, time.GetUtcNow());
        return next == state.State ? Task.CompletedTask : WriteAsync(next);
    }

    public async Task<ErasedConversation> EraseAsync(string user)
    {
        DelayDeactivation(AnsweredWithin);
        return await ClearAsync(user, isErased: true);
    }

    public async Task ForgetAsync(string user)
    {
        // As with responses that run: whom this pushes beyond the bound is named to the next that is stored. Not for ever: whoever is new must find room.
        if (IsInUse && !ConversationList.IsCrowded(await ListOf(user).AddAsync(this.GetPrimaryKeyString()))) return;
        await ClearAsync(user, isErased: false);
        if (!_erased) DeactivateOnIdle();
    }

    private async Task<ErasedConversation> ClearAsync(string user, bool isErased)
    {
        var erased = ConversationRules.Sum(state.State);
        try
        {
            if (state.RecordExists) await state.ClearStateAsync();
        }
        catch
        {
            DeactivateOnIdle();
            throw;
        }

        state.State = new ConversationState();
        _erased |= isErased;
        _readAt = null;
        // Last, so that an erasure that broke off is found on the list again.
        await ListOf(user).RemoveAsync(this.GetPrimaryKeyString());
        return erased;
    }

    private ConversationContent Content() => ConversationRules.Read(state.State, Options, time.GetUtcNow());

    /// <summary>On the list before in the store: what is stored and not listed could not be erased with its user.</summary>
    private async Task<bool> ListAsync(ConversationState next)
    {
        var now = time.GetUtcNow().UtcTicks;
        if (next.ListedAt != 0 && now - next.ListedAt < ConversationList.Precision(Options).Ticks) return true;
        var answer = await ListOf(next.User).AddAsync(this.GetPrimaryKeyString());
        // Not waited for: two conversations must not wait for one another.
        foreach (var victim in answer.Victims) _ = GrainFactory.GetGrain<IConversationGrain>(victim).ForgetAsync(next.User);
        next.ListedAt = now;
        return answer.Listed;
    }

    private Task WriteAsync(ConversationState next) => state.ReplaceAsync(next, state.WriteStateAsync, DeactivateOnIdle);

    private IConversationListGrain ListOf(string user) => GrainFactory.GetGrain<IConversationListGrain>(user);
}
