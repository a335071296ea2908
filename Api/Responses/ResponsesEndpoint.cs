using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Requests;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Responses;

/// <summary><c>POST /v1/responses</c> and what it would cost. The rest of the path is every door's.</summary>
internal sealed class ResponsesEndpoint(
    DoorEndpoint doors, RequestBodies bodies, InferenceRequests requests, BackgroundResponses background, StoredResponses stored, RequestHistory history, ICatalog catalog, TimeProvider time)
{
    public async Task CreateAsync(HttpContext context)
    {
        var received = time.GetTimestamp();
        var (door, body) = await ReadAsync(context);
        var request = requests.For(context, door, door.Read(context, body));
        if (request.Response!.Background) await background.StartAsync(context, request);
        else await doors.AnswerAsync(context, door, request, dropped: [], received);
    }

    /// <summary><c>POST /v1/responses/compact</c>: a conversation in few words, in place of which the client goes on from them.</summary>
    public async Task CompactAsync(HttpContext context)
    {
        var received = time.GetTimestamp();
        var (door, body) = await ReadAsync(context, compacts: true);
        await doors.AnswerAsync(context, door, requests.For(context, door, door.Read(context, body)), dropped: [], received);
    }

    /// <summary><c>POST /v1/responses/input_tokens</c>: an estimate by the length of the texts, history included.</summary>
    public async Task CountAsync(HttpContext context)
    {
        var (door, body) = await ReadAsync(context);
        var asked = door.Read(context, body);
        var tokens = PromptLength.Tokens(asked.Fields.PromptBytes);
        if (await history.ReadAsync(asked.Conversation, asked.Response!) is { } content) tokens += PromptLength.Tokens(content.System.Length) + content.Turns.Sum(t => t.Tokens);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "response.input_tokens");
            json.WriteNumber("input_tokens", tokens);
            json.WriteEndObject();
        });
    }

    private async Task<(ResponsesDoor Door, ReadOnlyMemory<byte> Body)> ReadAsync(HttpContext context, bool compacts = false)
    {
        var body = await bodies.ReadAsync(context);
        var asked = ResponseBody.Parse(body);
        if (compacts) Compaction.AskFor(asked);
        var references = asked.Json["input"] is JsonArray items ? await stored.FindItemsAsync(context, InputItems.ReferencesIn(items)) : [];
        return (new ResponsesDoor(catalog, asked, references, compacts), body);
    }
}
