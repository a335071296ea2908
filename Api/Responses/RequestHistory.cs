using OrleansLlm.Api.Errors;
using OrleansLlm.Conversations;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Responses;

/// <summary>What a request of <c>/v1/responses</c> goes on from, for whoever has to know it before the request runs.</summary>
internal sealed class RequestHistory(IGrainFactory grains)
{
    /// <returns>Null: it goes on from nothing.</returns>
    /// <exception cref="RequestException">What it names is not there, or cannot be gone on from.</exception>
    public async Task<ConversationContent?> ReadAsync(ConversationUse? conversation, ResponseUse request)
    {
        if (conversation is not null)
        {
            var found = await grains.GetGrain<IConversationGrain>(conversation.Key).ReadAsync();
            return found.Exists || !request.ConversationMustExist ? found : throw new RequestException(ApiError.From(MissingHistory.Conversation(conversation.Key)));
        }

        if (request.Previous is not { } key) return null;
        var previous = grains.GetGrain<IResponseGrain>(key);
        var content = await previous.ReadContentAsync();
        return content.Exists ? content : throw new RequestException(ApiError.From(MissingHistory.Response(key, await previous.ReadAsync())));
    }
}
