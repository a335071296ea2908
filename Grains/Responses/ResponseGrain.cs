using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Grains.Responses;

/// <summary>Stores one response. What is acknowledged is in the store.</summary>
[GrainType("response")]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class ResponseGrain(
    [PersistentState(Names.ResponseState, Names.StateStore)] IPersistentState<ResponseState> state, ICatalog catalog, TimeProvider time)
    : Grain, IResponseGrain
{
    /// <summary>Longer than most answers take, which may go on from this one.</summary>
    private static readonly TimeSpan KnownAsErased = TimeSpan.FromMinutes(10);

    private static readonly StoredResponse Erased = StoredResponse.None with { Erased = true };

    private bool _erased;
    private bool _forgotten;

    private bool IsThere => ResponseRules.IsThere(state.State, catalog.Current.Settings.Conversations, time.GetUtcNow());

    private IInferenceGrain Inference => GrainFactory.GetGrain<IInferenceGrain>(ResponseKeys.InferenceOf(ResponseKeys.IdOfKey(this.GetPrimaryKeyString())));

    public Task<StoredResponse> ReadAsync() => Task.FromResult(IsThere ? ResponseRules.Read(state.State) : _erased ? Erased : StoredResponse.None);

    public Task<ConversationContent> ReadContentAsync() => Task.FromResult(IsThere ? ResponseRules.ReadContent(state.State) : ConversationContent.Empty);

    public async Task<AppendOutcome> BeginAsync(NewResponse response)
    {
        if (IsThere) return AppendOutcome.Stored;
        if (response.Request.Length > catalog.Current.Settings.Conversations.MaxBytes) return AppendOutcome.TooLarge;
        if (!await ListAsync(response.User)) return AppendOutcome.ListFull;
        await WriteAsync(ResponseRules.Begin(response, catalog.Current.Settings.Conversations, time.GetUtcNow()));
        return AppendOutcome.Stored;
    }

    public async Task<AppendOutcome> AnswerAsync(AnsweredResponse answered)
    {
        // By a call that is repeated, whatever has become of it since.
        var isGone = _erased || _forgotten;
        if (state.State.Status == (int)ResponseStatus.Answered || (isGone && !answered.Head.Background)) return AppendOutcome.Stored;
        // Cancelled or deleted while it ran: it does not come back.
        if (ResponseRules.IsEnded(state.State) || isGone || (answered.Head.Background && !IsThere)) return AppendOutcome.Ended;
        var next = ResponseRules.Answer(answered, catalog.Current.Settings.Conversations, time.GetUtcNow());
        if (next is null) return AppendOutcome.TooLarge;
        if (!await ListAsync(next.User)) return AppendOutcome.ListFull;
        await WriteAsync(next);
        // Most are never read: their bytes need not be held for those that are.
        DeactivateOnIdle();
        return AppendOutcome.Stored;
    }

    public Task FailAsync(Failure failure) => EndAsync(() => ResponseRules.Fail(state.State, failure, time.GetUtcNow()));

    public async Task WithdrawAsync(Failure failure)
    {
        if (state.State.Status != (int)ResponseStatus.Answered) return;
        if (state.State.Background) await WriteAsync(ResponseRules.Fail(state.State, failure, time.GetUtcNow()));
        else await EraseAsync(user: null);
    }

    public async Task<StoredResponse> CancelAsync()
    {
        await EndAsync(() => ResponseRules.Cancel(state.State, time.GetUtcNow()));
        return await ReadAsync();
    }

    public async Task<ErasedConversation> EraseAsync(string? user)
    {
        DelayDeactivation(KnownAsErased);
        return await ClearAsync(user, isErased: true);
    }

    public async Task ForgetAsync(string user)
    {
        // The young ones that this pushes beyond the bound are named to the next that is stored: two that run would name one another for ever.
        if (await RunsAsync())
        {
            await ListOf(user).AddAsync(this.GetPrimaryKeyString());
            return;
        }

        await ClearAsync(user, isErased: false);
        if (!_erased) DeactivateOnIdle();
    }

    /// <summary>Its time to live begins with this, on its user's list as well.</summary>
    private async Task EndAsync(Func<ResponseState> end)
    {
        if (!IsThere || ResponseRules.IsEnded(state.State)) return;
        await ListAsync(state.State.User);
        await WriteAsync(end());
    }

    private async Task<ErasedConversation> ClearAsync(string? user, bool isErased)
    {
        var erased = ResponseRules.Sum(state.State);
        if (state.State.Status == (int)ResponseStatus.Running) _ = StopAsync();
        var listed = state.State.User.Length > 0 ? state.State.User : user;
        try
        {
            if (state.RecordExists) await state.ClearStateAsync();
        }
        catch
        {
            DeactivateOnIdle();
            throw;
        }

        state.State = new ResponseState();
        if (isErased) _erased = true;
        else _forgotten = true;
        // Last, so that an erasure that broke off is found on the list again.
        if (listed is not null) await ListOf(listed).RemoveAsync(this.GetPrimaryKeyString());
        return erased;
    }

    /// <summary>One that was begun and whose inference is gone with its node does not run: nobody waits for its answer.</summary>
    private async Task<bool> RunsAsync()
    {
        if (!IsThere || state.State.Status != (int)ResponseStatus.Running) return false;
        try
        {
            return await Inference.IsRunningAsync();
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            return true;
        }
    }

    /// <summary>Nobody can read its answer any more. Not waited for: the inference may itself be waiting for this grain.</summary>
    private async Task StopAsync()
    {
        try
        {
            await Inference.CancelAsync();
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // It is gone with its silo.
        }
    }

    /// <summary>On the list before in the store: what is stored and not listed could not be erased with its user.</summary>
    private async Task<bool> ListAsync(string user)
    {
        var answer = await ListOf(user).AddAsync(this.GetPrimaryKeyString());
        // Not waited for: two responses must not wait for one another.
        foreach (var victim in answer.Victims) _ = GrainFactory.GetGrain<IResponseGrain>(victim).ForgetAsync(user);
        return answer.Listed;
    }

    private Task WriteAsync(ResponseState next) => state.ReplaceAsync(next, state.WriteStateAsync, DeactivateOnIdle);

    private IConversationListGrain ListOf(string user) => GrainFactory.GetGrain<IConversationListGrain>(ResponseKeys.ListOf(user));
}
