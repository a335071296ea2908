using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Conversations;
using OrleansLlm.Conversations;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Responses;

/// <summary>Stored responses: read, followed, deleted, and what they were asked.</summary>
internal sealed class ResponseEndpoints(StoredResponses stored, BackgroundResponses background)
{
    public async Task GetAsync(HttpContext context)
    {
        var (id, _, found) = await stored.FindAsync(context);
        if (context.Request.Query["stream"] != "true")
        {
            await JsonBytes.WriteAsync(context, ResponseObject.Of(id, found));
            return;
        }

        await background.FollowAsync(context, id, new ResponseHead(id, found.Head!), AfterIn(context.Request));
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var (id, grain, found) = await stored.FindAsync(context);
        await grain.EraseAsync(found.Head!.User);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("object", "response");
            json.WriteBoolean("deleted", true);
            json.WriteEndObject();
        });
    }

    /// <summary>All that the model was asked with: the turns it went on from, and the new input.</summary>
    public async Task ListInputAsync(HttpContext context)
    {
        var (id, grain, found) = await stored.FindAsync(context);
        var turns = (await grain.ReadContentAsync()).Turns;
        if (turns.IsEmpty) turns = [InputOf(id, found.Head!)];
        var items = turns.SelectMany((t, i) => TurnItems.Of(t).Where(item => i < turns.Length - 1 || !item.IsAnswer)).Select(i => i.Json);
        await JsonBytes.WriteAsync(context, ResponsesToOpenAi.Utf8(ItemPage.Of(context.Request, [.. items])));
    }

    /// <summary>Of one that has no answer: what is known of its turn.</summary>
    private static ConversationTurn InputOf(string id, NewResponse head) =>
        new() { Id = ResponseKeys.InferenceOf(id), Asked = head.Input, Answer = default, Tokens = 0 };

    private static long AfterIn(HttpRequest request)
    {
        var text = request.Query["starting_after"].ToString();
        if (text.Length == 0) return -1;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var after) ? after : throw ResponseBody.Invalid("starting_after", "expected the number of an event");
    }
}
