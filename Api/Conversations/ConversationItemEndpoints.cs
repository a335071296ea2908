using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Responses;
using OrleansLlm.Conversations;

namespace OrleansLlm.Api.Conversations;

/// <summary><c>/v1/conversations/{id}/items</c>: what is stored of a conversation, item by item.</summary>
internal sealed class ConversationItemEndpoints(OwnConversations own)
{
    private const int MaxItems = 20;
    private const long MaxBody = 16 << 20;

    public async Task ListAsync(HttpContext context)
    {
        var content = (await own.FindAsync(context)).Content;
        await JsonBytes.WriteAsync(context, ResponsesToOpenAi.Utf8(ItemPage.Of(context.Request, [.. content.Turns.SelectMany(TurnItems.Of).Select(i => i.Json)])));
    }

    /// <summary>Adds them at the end. With the same <c>Idempotency-Key</c> again they are replaced, not added.</summary>
    public async Task AddAsync(HttpContext context)
    {
        var (owner, _, conversation, _) = await own.FindAsync(context);
        var messages = OwnConversations.MessagesIn(await own.ReadBodyAsync(context, MaxBody), MaxItems);
        if (messages.Count == 0) throw ResponseBody.Missing("items");
        var turn = await OwnConversations.AppendAsync(context, owner, conversation, messages);
        List<JsonObject> items = [.. TurnItems.Of(turn).Select(i => i.Json)];
        await JsonBytes.WriteAsync(context, ResponsesToOpenAi.Utf8(new JsonObject
        {
            ["object"] = "list",
            // Of messages that say nothing there is nothing to show, as in the list of a conversation without items.
            ["first_id"] = items.Count == 0 ? "" : (string?)items[0]["id"],
            ["last_id"] = items.Count == 0 ? "" : (string?)items[^1]["id"],
            ["has_more"] = false,
            ["data"] = new JsonArray([.. items]),
        }));
    }

    public async Task GetAsync(HttpContext context)
    {
        var (_, item) = Find(context, (await own.FindAsync(context)).Content);
        await JsonBytes.WriteAsync(context, ResponsesToOpenAi.Utf8(item.Json));
    }

    /// <summary>Answers with the conversation, as OpenAI does.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        while (true)
        {
            var (_, id, conversation, content) = await own.FindAsync(context);
            var (turn, item) = Find(context, content);
            // Where somebody has changed the turn in between, one item less is one of what it is now.
            if (!await conversation.ReplaceAsync(turn, TurnItems.Without(turn, item))) continue;
            await ConversationEndpoints.TellAsync(context, id, content);
            return;
        }
    }

    private static (ConversationTurn Turn, TurnItem Item) Find(HttpContext context, ConversationContent content)
    {
        var id = (string)context.Request.RouteValues["item"]!;
        foreach (var turn in content.Turns)
        {
            if (TurnItems.Of(turn).Find(i => i.Id == id) is { } item) return (turn, item);
        }

        throw new RequestException(new ApiError(404, $"Item with id '{id}' not found.", "invalid_request_error", "item_not_found", "item_id"));
    }
}
