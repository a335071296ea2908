using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Conversations;
using OrleansLlm.Users;

namespace OrleansLlm.Api.Conversations;

/// <summary>Erasing: one conversation, all of the caller's own, all of a user.</summary>
internal sealed class ConversationEndpoints(IGrainFactory grains, ConversationErasure erasure)
{
    /// <summary><c>DELETE /v1/conversations/{id}</c>, OpenAI's answer. <c>?user=</c> stands for the <c>user</c> field of requests.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        var (owner, id, conversation) = await FindAsync(context);
        await conversation.EraseAsync(owner.User);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("object", "conversation.deleted");
            json.WriteBoolean("deleted", true);
            json.WriteEndObject();
        });
    }

    /// <summary><c>DELETE /v1/conversations</c>: the caller's own.</summary>
    public async Task EraseOwnAsync(HttpContext context)
    {
        var owner = OwnerOf(context);
        await TellAsync(context, owner.User, await erasure.EraseAllAsync(owner.User, owner.Name));
    }

    /// <summary><c>DELETE /v1/users/{user}/conversations</c>: of a user under whatever keys, and the totals kept of it, for the administrator.</summary>
    public async Task EraseUserAsync(HttpContext context)
    {
        // The server leaves an encoded slash encoded.
        var user = ((string)context.Request.RouteValues["user"]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        await grains.GetGrain<IUserGrain>(user).EraseAsync();
        await TellAsync(context, user, await erasure.EraseAllAsync(user, owner: null));
    }

    private static Task TellAsync(HttpContext context, string user, Erasure erased) => JsonAnswer.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "conversations.deleted");
        json.WriteString("user", user);
        json.WriteNumber("conversations", erased.Ids.Count);
        json.WriteNumber("turns", erased.Turns);
        json.WriteNumber("bytes", erased.Bytes);
        json.WriteStartArray("ids");
        foreach (var id in erased.Ids) json.WriteStringValue(id);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private async Task<(ConversationOwner Owner, string Id, IConversationGrain Conversation)> FindAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        var owner = OwnerOf(context);
        if (!ConversationKeys.IsId(id)) throw NotFound(id);
        var conversation = grains.GetGrain<IConversationGrain>(ConversationKeys.Of(owner.Name, id));
        return (await conversation.ReadAsync()).Exists ? (owner, id, conversation) : throw NotFound(id);
    }

    private static ConversationOwner OwnerOf(HttpContext context) => ConversationOwner.Of(context, context.Request.Query["user"]);

    private static RequestException NotFound(string id) =>
        new(new ApiError(404, $"Conversation with id '{id}' not found.", "invalid_request_error", "conversation_not_found", "conversation_id"));
}
