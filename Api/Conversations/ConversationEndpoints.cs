using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Responses;
using OrleansLlm.Conversations;
using OrleansLlm.Users;

namespace OrleansLlm.Api.Conversations;

/// <summary>OpenAI's conversations, and erasing: one conversation, all of the caller's own, all of a user. What a chat client began is among them.</summary>
internal sealed class ConversationEndpoints(IGrainFactory grains, ConversationErasure erasure, OwnConversations own)
{
    private const int MaxFirstItems = 20;
    private const long MaxBody = 16 << 20;

    /// <summary><c>POST /v1/conversations</c>, with or without its first items.</summary>
    public async Task CreateAsync(HttpContext context)
    {
        var body = await own.ReadBodyAsync(context, MaxBody);
        var first = OwnConversations.MessagesIn(body, MaxFirstItems);
        var owner = own.OwnerOf(context);
        // Of the id of this request: one that nobody has had before.
        var id = OwnConversations.NewId(context);
        var conversation = grains.GetGrain<IConversationGrain>(ConversationKeys.Of(owner.Name, id));
        var metadata = Metadata.Of(body) ?? [];
        // First what may be refused: whoever is told so has got no conversation.
        if (first.Count > 0) await OwnConversations.AppendAsync(context, owner, conversation, first);
        var content = await conversation.DescribeAsync(owner.User, ResponsesToOpenAi.Utf8(metadata));
        if (!content.Exists) throw OwnConversations.TooMany;
        await TellAsync(context, id, content);
    }

    /// <summary><c>GET /v1/conversations/{id}</c>.</summary>
    public async Task GetAsync(HttpContext context)
    {
        var (_, id, _, content) = await own.FindAsync(context);
        await TellAsync(context, id, content);
    }

    /// <summary><c>POST /v1/conversations/{id}</c>: other metadata.</summary>
    public async Task UpdateAsync(HttpContext context)
    {
        var (owner, id, conversation, _) = await own.FindAsync(context);
        var metadata = Metadata.Of(await own.ReadBodyAsync(context, MaxBody)) ?? throw ResponseBody.Missing("metadata");
        var content = await conversation.DescribeAsync(owner.User, ResponsesToOpenAi.Utf8(metadata));
        if (!content.Exists) throw OwnConversations.TooMany;
        await TellAsync(context, id, content);
    }

    /// <summary><c>DELETE /v1/conversations/{id}</c>, OpenAI's answer. <c>?user=</c> stands for the <c>user</c> field of requests.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        var (owner, id, conversation, _) = await own.FindAsync(context);
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
        var owner = own.OwnerOf(context);
        await TellAsync(context, owner.User, await erasure.EraseAllAsync(owner.User, owner.Name, ConversationOwner.Of(context, userField: null).Name));
    }

    /// <summary><c>DELETE /v1/users/{user}/conversations</c>: of a user under whatever keys, and the totals kept of it, for the administrator.</summary>
    public async Task EraseUserAsync(HttpContext context)
    {
        // The server leaves an encoded slash encoded.
        var user = ((string)context.Request.RouteValues["user"]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (string.IsNullOrWhiteSpace(user)) throw new RequestException(ApiError.BadRequest("user: expected a user, as in user:NAME.", "user", "invalid_value"));
        await grains.GetGrain<IUserGrain>(user).EraseAsync();
        await TellAsync(context, user, await erasure.EraseAllAsync(user, owner: null, caller: null));
    }

    private static Task TellAsync(HttpContext context, string user, Erasure erased) => JsonAnswer.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "conversations.deleted");
        json.WriteString("user", user);
        json.WriteNumber("conversations", erased.Conversations);
        json.WriteNumber("turns", erased.Turns);
        json.WriteNumber("responses", erased.Responses);
        json.WriteNumber("bytes", erased.Bytes);
        json.WriteStartArray("ids");
        foreach (var id in erased.Ids) json.WriteStringValue(id);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public static Task TellAsync(HttpContext context, string id, ConversationContent content) => JsonAnswer.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("object", "conversation");
        json.WriteNumber("created_at", content.CreatedAt!.Value.ToUnixTimeSeconds());
        json.WritePropertyName("metadata");
        json.WriteRawValue(content.Metadata.IsEmpty ? "{}"u8 : content.Metadata.Span);
        json.WriteEndObject();
    });
}
