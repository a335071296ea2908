using System.Collections.ObjectModel;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Requests;
using OrleansLlm.Api.Responses;
using OrleansLlm.Conversations;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Conversations;

/// <summary>The caller's own conversations, and what is put into them other than by asking a model.</summary>
internal sealed class OwnConversations(IGrainFactory grains, RequestBodies bodies)
{
    private const string Prefix = "conv_";
    private const string TurnHeader = "Idempotency-Key";

    public static RequestException TooMany =>
        new(new ApiError(429, "This user has too many conversations (gateway_settings.conversations.max_conversations).", "requests", "too_many_conversations"));

    public static string NewId(HttpContext context) => Prefix + context.TraceIdentifier[InferenceIds.RequestPrefix.Length..];

    /// <summary><c>?user=</c> stands for the <c>user</c> field of requests.</summary>
    public ConversationOwner OwnerOf(HttpContext context) => ConversationOwner.Of(context, context.Request.Query["user"]);

    /// <exception cref="RequestException">The caller has none of this id.</exception>
    public async Task<(ConversationOwner Owner, string Id, IConversationGrain Conversation, ConversationContent Content)> FindAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        var owner = OwnerOf(context);
        if (!ConversationKeys.IsId(id)) throw NotFound(id);
        var conversation = grains.GetGrain<IConversationGrain>(ConversationKeys.Of(owner.Name, id));
        var content = await conversation.ReadAsync();
        return content.Exists ? (owner, id, conversation, content) : throw NotFound(id);
    }

    /// <summary>An empty body says nothing, which is allowed.</summary>
    public async Task<ResponseBody> ReadBodyAsync(HttpContext context, long most)
    {
        var isEmpty = context.Request.ContentLength is 0 || (context.Request.ContentLength is null && context.Request.ContentType is null);
        return ResponseBody.Parse(isEmpty ? "{}"u8.ToArray() : await bodies.ReadAsync(context, most));
    }

    /// <summary>The messages that the body's <c>items</c> are.</summary>
    public static List<JsonObject> MessagesIn(ResponseBody body, int most)
    {
        if (body.Array("items") is not { } items) return [];
        if (items.Count > most) throw ResponseBody.Invalid("items", $"at most {most} at a time");
        return InputItems.ToMessages(items, "items", ReadOnlyDictionary<string, JsonObject>.Empty);
    }

    /// <summary>As a turn that nobody has answered.</summary>
    public static async Task<ConversationTurn> AppendAsync(HttpContext context, ConversationOwner owner, IConversationGrain conversation, List<JsonObject> messages)
    {
        var asked = ResponsesToOpenAi.Utf8(new JsonArray([.. messages]))[1..^1];
        var given = context.Request.Headers[TurnHeader].ToString();
        var turn = new ConversationTurn
        {
            Id = given.Length is > 0 and <= 256 ? "key:" + given : context.TraceIdentifier,
            Asked = asked,
            Answer = default,
            Tokens = PromptLength.Tokens(asked.Length),
            Continues = (string?)messages[0]["role"] == "tool",
        };
        return await conversation.AppendAsync(new NewTurn(owner.User, default, turn)) switch
        {
            AppendOutcome.Stored => turn,
            AppendOutcome.ListFull => throw TooMany,
            AppendOutcome.Taken => throw new RequestException(new ApiError(
                409, $"Earlier items of this conversation have this '{TurnHeader}' and are others: give each addition a key of its own.", "invalid_request_error", "idempotency_key_reused", TurnHeader) { RetriesSpent = true }),
            _ => throw new RequestException(ApiError.BadRequest(
                "The items are larger than a whole conversation may be (gateway_settings.conversations.max_bytes).", "items", "conversation_turn_too_large")),
        };
    }

    private static RequestException NotFound(string id) =>
        new(new ApiError(404, $"Conversation with id '{id}' not found.", "invalid_request_error", "conversation_not_found", "conversation_id"));
}
