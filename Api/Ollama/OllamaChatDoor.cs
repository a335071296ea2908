using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Ollama;

/// <summary><c>POST /api/chat</c>.</summary>
internal sealed class OllamaChatDoor(ICatalog catalog, TimeProvider time) : IDoor
{
    public InferenceKind Kind => InferenceKind.Chat;

    public bool TellsThoughts => true;

    public bool MayResume => false;

    /// <summary>Lines have no comments.</summary>
    public bool TellsQueue => false;

    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body)
    {
        using var request = OllamaRequest.Parse(body, catalog);
        var messages = Json.Array(request.Body, "messages", "");
        if (messages is not { } asked || asked.GetArrayLength() == 0) return request.LoadOnly(time, WriteEmpty);
        return request.Translate(FieldTable.Chat, Kind, json => Write(json, request.Body, asked), "messages", "tools");
    }

    public IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId) => new OllamaForm(request.Model, isChat: true, time);

    private static void Write(Utf8JsonWriter json, JsonElement body, JsonElement messages)
    {
        json.WriteStartArray("messages");
        new OllamaMessages(json).Write(messages);
        json.WriteEndArray();
        if (Json.Array(body, "tools", "") is not { } tools || tools.GetArrayLength() == 0) return;
        json.WritePropertyName("tools");
        tools.WriteTo(json);
    }

    private static void WriteEmpty(Utf8JsonWriter json)
    {
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        json.WriteString("content", "");
        json.WriteEndObject();
    }
}
