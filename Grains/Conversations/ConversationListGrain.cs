using System.Collections.Immutable;
using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Responses;

namespace OrleansLlm.Grains.Conversations;

/// <summary>Keeps the list of one user's conversations. It never calls them: they call it.</summary>
[GrainType("conversations")]
internal sealed class ConversationListGrain(
    [PersistentState(Names.ConversationListState, Names.StateStore)] IPersistentState<ConversationListState> state, ICatalog catalog, TimeProvider time)
    : Grain, IConversationListGrain
{
    public async Task<ListAnswer> AddAsync(string conversation)
    {
        var options = catalog.Current.Settings.Conversations;
        if (ResponseKeys.IsList(this.GetPrimaryKeyString())) options = options with { MaxConversations = options.MaxResponses };
        var answer = ConversationList.Add(state.State.Conversations, conversation, options, time.GetUtcNow());
        if (answer.Listed) await WriteAsync();
        return answer;
    }

    public Task RemoveAsync(string conversation) =>
        state.State.Conversations.RemoveAll(c => c.Key == conversation) > 0 ? WriteAsync() : Task.CompletedTask;

    public Task<ImmutableArray<string>> ListAsync() => Task.FromResult(state.State.Conversations.Select(c => c.Key).ToImmutableArray());

    private async Task WriteAsync()
    {
        try
        {
            if (state.State.Conversations.Count > 0) await state.WriteStateAsync();
            else if (state.RecordExists) await state.ClearStateAsync();
        }
        catch
        {
            // What is listed is what the store says.
            DeactivateOnIdle();
            throw;
        }
    }
}
