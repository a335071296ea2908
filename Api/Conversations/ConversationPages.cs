using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Live;
using OrleansLlm.Conversations;

namespace OrleansLlm.Api.Conversations;

/// <summary>What the playground shows of the caller's own conversations: <c>GET /ui/api/conversations</c>, and <c>/{id}</c> with its messages.</summary>
internal sealed class ConversationPages(IGrainFactory grains)
{
    private const int Most = 50;
    private const int TitleLength = 80;

    public async Task ListAsync(HttpContext context)
    {
        var owner = ConversationOwner.Of(context, userField: null);
        var keys = (await grains.GetGrain<IConversationListGrain>(owner.User).ListAsync())
            .Where(k => ConversationKeys.OwnerOf(k) == owner.Name).Reverse().Take(Most).ToList();
        var contents = await Task.WhenAll(keys.Select(k => grains.GetGrain<IConversationGrain>(k).ReadAsync()));
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var (key, content) in keys.Zip(contents).Where(c => c.Second.Exists))
            {
                json.WriteStartObject();
                json.WriteString("id", ConversationKeys.IdOf(key));
                json.WriteString("title", TitleOf(content));
                json.WriteString("created", LiveJson.Text(content.CreatedAt!.Value));
                json.WriteNumber("turns", content.Turns.Length);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task GetAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        var owner = ConversationOwner.Of(context, userField: null);
        var content = ConversationKeys.IsId(id) ? await grains.GetGrain<IConversationGrain>(ConversationKeys.Of(owner.Name, id)).ReadAsync() : ConversationContent.Empty;
        if (!content.Exists) throw new RequestException(new ApiError(404, $"Conversation with id '{id}' not found.", "invalid_request_error", "conversation_not_found"));
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteStartArray("messages");
            Write(json, content.System);
            foreach (var turn in content.Turns)
            {
                Write(json, turn.Asked);
                Write(json, turn.Answer);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>They are stored as JSON objects with a comma between them.</summary>
    private static void Write(Utf8JsonWriter json, ReadOnlyMemory<byte> messages)
    {
        using var list = List(messages);
        foreach (var message in list.RootElement.EnumerateArray()) message.WriteTo(json);
    }

    /// <summary>The beginning of the first thing that was asked.</summary>
    private static string TitleOf(ConversationContent content)
    {
        if (content.Turns.IsEmpty) return "";
        using var asked = List(content.Turns[0].Asked);
        var text = asked.RootElement.EnumerateArray().Select(m => m.TryGetProperty("content", out var c) && c.ValueKind == JsonValueKind.String ? c.GetString() : null).FirstOrDefault(t => t is not null) ?? "";
        return text.Length <= TitleLength ? text : text[..TitleLength] + "…";
    }

    private static JsonDocument List(ReadOnlyMemory<byte> messages) => JsonDocument.Parse($"[{Encoding.UTF8.GetString(messages.Span)}]");
}
