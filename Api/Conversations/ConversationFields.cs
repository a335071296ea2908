using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Errors;
using OrleansLlm.Conversations;

namespace OrleansLlm.Api.Conversations;

/// <summary>Which stored conversation a chat request is a turn of: the header <c>x-conversation-id</c>, else the body's <c>conversation_id</c>.</summary>
internal static class ConversationFields
{
    /// <summary>Also of the answer.</summary>
    public const string Header = "x-conversation-id";

    private const string Field = "conversation_id";
    private const string TurnHeader = "Idempotency-Key";
    private const string RetryHeader = "x-stainless-retry-count";
    private const int MaxTurnLength = 256;

    /// <returns>Null: of none.</returns>
    public static ConversationUse? Read(HttpContext context, ChatFields fields)
    {
        var headers = context.Request.Headers;
        var given = headers[Header].ToString();
        var (id, name) = given.Length > 0 ? (given, Header) : (fields.Conversation, Field);
        if (string.IsNullOrEmpty(id)) return null;
        return Use(context, id, name, ConversationOwner.Of(context, fields.User), listedWith: null);
    }

    /// <summary>One that a request of <c>/v1/responses</c> names: the caller's own, whatever user the request says it is for.</summary>
    public static ConversationUse Named(HttpContext context, string id, string name)
    {
        var owner = ConversationOwner.Of(context, userField: null);
        return Use(context, id, name, owner, owner.User);
    }

    private static ConversationUse Use(HttpContext context, string id, string name, ConversationOwner owner, string? listedWith)
    {
        if (!ConversationKeys.IsId(id)) throw Invalid(name, $"expected up to {ConversationKeys.MaxIdLength} letters, digits and '-', '_', '.', ':'");
        var headers = context.Request.Headers;
        var turn = headers[TurnHeader].ToString();
        if (turn.Length > MaxTurnLength) throw Invalid(TurnHeader, $"expected at most {MaxTurnLength} characters");
        context.Response.Headers[Header] = id;
        return new ConversationUse
        {
            Key = ConversationKeys.Of(owner.Name, id),
            User = listedWith,
            TurnId = turn.Length > 0 ? "key:" + turn : null,
            IsRetry = int.TryParse(headers[RetryHeader].ToString(), out var retries) && retries > 0,
        };
    }

    private static RequestException Invalid(string name, string problem) => new(ApiError.BadRequest($"Invalid value for '{name}': {problem}.", name, "invalid_value"));
}
