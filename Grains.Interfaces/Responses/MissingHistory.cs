using OrleansLlm.Conversations;
using OrleansLlm.Inference;

namespace OrleansLlm.Responses;

/// <summary>A request that cannot go on from what it names.</summary>
public static class MissingHistory
{
    public static Failure Conversation(string key)
    {
        var id = ConversationKeys.IdOf(key);
        return new Failure { Kind = FailureKind.ConversationNotFound, Message = $"Conversation with id '{id}' not found.", Param = "conversation" };
    }

    /// <summary>Status and, of one that is not there, code and sentence are OpenAI's.</summary>
    /// <param name="key">Of the response's grain.</param>
    /// <param name="found">What there is of it.</param>
    public static Failure Response(string key, StoredResponse found)
    {
        var id = ResponseKeys.IdOfKey(key);
        var (code, problem) = found.Status switch
        {
            ResponseStatus.Answered => (
                "previous_response_too_large", "can be read but not gone on from: with its input it is larger than what is kept of one (gateway_settings.conversations.max_bytes)."),
            ResponseStatus.Running => ("previous_response_not_ended", "cannot be gone on from before it has ended."),
            _ => ("previous_response_not_found", "not found: it was not stored, not answered, or it has expired."),
        };
        return new Failure { Kind = FailureKind.BadRequest, Message = $"Previous response with id '{id}' {problem}", Param = "previous_response_id", Code = code };
    }
}
