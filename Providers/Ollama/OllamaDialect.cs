using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Ollama;

/// <summary>
/// Ollama's native API. "ollama" means the same as "ollama_chat" here: LiteLLM sends the former to /api/generate with a prompt that it
/// flattens itself, which throws away the model's own chat template and with it tools, thinking and images; /api/chat keeps them all.
/// Ollama's /v1 is not used either: it ignores max_completion_tokens and loses errors in the middle of a stream.
/// </summary>
internal sealed class OllamaDialect(OllamaWarmUp warmUp) : IDialect
{
    public UpstreamWire Wire => UpstreamWire.Ollama;

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report)
    {
        var (body, load) = OpenAiToOllama.Translate(request, report);
        return request.Operation switch
        {
            // A model that only embeds refuses /api/generate, which is how a load without an inference is said.
            UpstreamOperation.Embedding => new OutgoingRequest(Addresses.Under(request.ApiBase!, "api/embed"), body, "application/json"),
            UpstreamOperation.Completion => new OutgoingRequest(Addresses.Under(request.ApiBase!, "api/generate"), body, "application/x-ndjson") { WarmUp = load },
            _ => new OutgoingRequest(Addresses.Under(request.ApiBase!, "api/chat"), body, "application/x-ndjson") { WarmUp = load },
        };
    }

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report)
    {
        if (contentType is not ("application/x-ndjson" or "application/json" or "" or "text/plain" or "application/octet-stream")) return null;
        return request.Operation == UpstreamOperation.Embedding ? new EmbeddingAnswer(request, report, Vectors) : new OllamaToOpenAi(request, report);
    }

    public void GoneBeforeFirstByte(UpstreamRequest request, OutgoingRequest outgoing)
    {
        if (!outgoing.WarmUp.IsEmpty) warmUp.Begin(request, outgoing.WarmUp);
    }

    private static (List<JsonElement>, long?) Vectors(JsonElement root) => (
        [.. root.GetProperty("embeddings").EnumerateArray()],
        root.TryGetProperty("prompt_eval_count", out var tokens) && tokens.TryGetInt64(out var count) ? count : null);
}
