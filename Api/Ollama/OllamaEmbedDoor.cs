using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Embeddings;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Ollama;

/// <summary><c>POST /api/embed</c>, and <c>/api/embeddings</c> as it was called before: one text then, and one list of numbers.</summary>
/// <param name="isOld">/api/embeddings.</param>
internal sealed class OllamaEmbedDoor(ICatalog catalog, TimeProvider time, bool isOld) : IDoor
{
    public InferenceKind Kind => InferenceKind.Embedding;

    public bool MayResume => false;

    public bool TellsQueue => false;

    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body)
    {
        using var request = OllamaRequest.Parse(body, catalog);
        var field = isOld ? "prompt" : "input";
        var input = Json.Any(request.Body, field);
        if (input is not { } asked || asked is { ValueKind: JsonValueKind.String } && asked.ValueEquals("") || (asked.ValueKind == JsonValueKind.Array && asked.GetArrayLength() == 0))
        {
            return request.LoadOnly(time, json =>
            {
                json.WriteStartArray(isOld ? "embedding" : "embeddings");
                json.WriteEndArray();
            });
        }

        if (isOld && asked.ValueKind != JsonValueKind.String) throw Json.Wrong("prompt", "a string");
        var read = request.Translate(EmbeddingFields.Table, Kind, json => Write(json, request.Body, asked), field, "dimensions", "truncate");
        (read.Fields.Stream, read.Fields.MaxTokens) = (false, 0);
        return read;
    }

    public IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId) => new OllamaEmbedForm(request.Model, isOld);

    private static void Write(Utf8JsonWriter json, JsonElement body, JsonElement input)
    {
        json.WritePropertyName("input");
        input.WriteTo(json);
        json.WriteString("encoding_format", "float");
        foreach (var name in (ReadOnlySpan<string>)["dimensions", "truncate"])
        {
            if (Json.Any(body, name) is not { } value) continue;
            json.WritePropertyName(name);
            value.WriteTo(json);
        }
    }
}
