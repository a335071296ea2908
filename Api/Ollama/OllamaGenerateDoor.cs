using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Completions;
using OrleansLlm.Api.Doors;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Ollama;

/// <summary>
/// <c>POST /api/generate</c>. Ollama puts a prompt into the model's template, as a turn of a chat: so it is one here, which every backend
/// understands. A <c>raw</c> prompt, and one with a <c>suffix</c>, go without a template: they are completions.
/// </summary>
internal sealed class OllamaGenerateDoor(ICatalog catalog, TimeProvider time) : IDoor
{
    public InferenceKind Kind => InferenceKind.Chat;

    public bool TellsThoughts => true;

    public bool MayResume => false;

    /// <summary>Lines have no comments.</summary>
    public bool TellsQueue => false;

    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body)
    {
        using var request = OllamaRequest.Parse(body, catalog);
        var asked = request.Body;
        var (prompt, suffix) = (Json.Text(asked, "prompt", ""), Json.Text(asked, "suffix", ""));
        if (string.IsNullOrEmpty(prompt) && string.IsNullOrEmpty(suffix)) return request.LoadOnly(time, json => json.WriteString("response", ""));
        var images = Json.Array(asked, "images", "");
        return Json.Flag(asked, "raw", "") || !string.IsNullOrEmpty(suffix)
            ? request.Translate(CompletionFields.Table, InferenceKind.Completion, json => WriteCompletion(json, prompt ?? "", suffix), "prompt", "suffix", "raw")
            : request.Translate(FieldTable.Chat, Kind, json => WriteTurn(json, Json.Text(asked, "system", ""), prompt ?? "", images), "prompt", "system", "images", "raw", "suffix");
    }

    public IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId) => new OllamaForm(request.Model, isChat: false, time);

    private static void WriteCompletion(Utf8JsonWriter json, string prompt, string? suffix)
    {
        json.WriteString("prompt", prompt);
        if (!string.IsNullOrEmpty(suffix)) json.WriteString("suffix", suffix);
    }

    private static void WriteTurn(Utf8JsonWriter json, string? system, string prompt, JsonElement? images)
    {
        json.WriteStartArray("messages");
        if (!string.IsNullOrEmpty(system))
        {
            json.WriteStartObject();
            json.WriteString("role", "system");
            json.WriteString("content", system);
            json.WriteEndObject();
        }

        json.WriteStartObject();
        json.WriteString("role", "user");
        OllamaMessages.WriteContent(json, prompt, images, "");
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
