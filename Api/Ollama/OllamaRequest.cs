using System.Text.Json;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Ollama;

/// <summary>One of Ollama's requests on its way to being OpenAI's: what its doors have in common.</summary>
internal sealed class OllamaRequest : IDisposable
{
    private readonly JsonDocument _document;
    private readonly GatewayCatalog _catalog;

    private OllamaRequest(JsonDocument document, GatewayCatalog catalog)
    {
        (_document, _catalog) = (document, catalog);
        Model = OllamaNames.Known(catalog, OllamaNames.ModelOf(Body));
    }

    public JsonElement Body => _document.RootElement;

    /// <summary>As it is known here; empty: it names none.</summary>
    public string Model { get; }

    public List<string> Dropped { get; } = [];

    public static OllamaRequest Parse(ReadOnlyMemory<byte> body, ICatalog catalog) => new(ChatScanner.Parse(body), catalog.Current);

    /// <param name="prompt">Writes what the model reads.</param>
    /// <param name="known">The fields that it does that from.</param>
    public DoorRequest Translate(FieldTable table, InferenceKind kind, Action<Utf8JsonWriter> prompt, params string[] known)
    {
        var translated = JsonBuffer.Write(json =>
        {
            json.WriteStartObject();
            prompt(json);
            var facts = new ModelFacts(_catalog.FindGroup(Model));
            new OllamaToOpenAi(json, Body, Model, facts, _catalog.Settings.AllowRunnerOptions, Dropped).Write(kind, known);
            json.WriteEndObject();
        });
        return new DoorRequest(translated, ChatScanner.Scan(translated.Span, table)) { Kind = kind, Dropped = Dropped };
    }

    /// <summary>A request that asks for nothing: it loads a model, or unloads it. Which models are loaded is the gateway's affair, so that nothing is done.</summary>
    /// <param name="write">What stands in the answer besides.</param>
    public DoorRequest LoadOnly(TimeProvider time, Action<Utf8JsonWriter> write)
    {
        if (Model.Length == 0) throw new RequestException(ApiError.BadRequest("model is required", "model", "missing_required_parameter"));
        var unloads = Json.Any(Body, "keep_alive") is { ValueKind: JsonValueKind.Number } alive && alive.TryGetDouble(out var seconds) && seconds == 0;
        var model = Model;
        return new DoorRequest(default, new ChatFields { Model = model })
        {
            Dropped = Dropped,
            // One object, streamed or not, as Ollama's.
            Reply = context => JsonAnswer.WriteAsync(context, json =>
            {
                json.WriteStartObject();
                json.WriteString("model", model);
                json.WriteString("created_at", OllamaTime.Now(time));
                write(json);
                json.WriteString("done_reason", unloads ? "unload" : "load");
                json.WriteBoolean("done", true);
                json.WriteEndObject();
            }),
        };
    }

    public void Dispose() => _document.Dispose();
}
