using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Ollama;

/// <summary>
/// Ollama's native API. "ollama" means the same as "ollama_chat" here: LiteLLM sends the former to /api/generate with a prompt that it
/// flattens itself, which throws away the model's own chat template and with it tools, thinking and images; /api/chat keeps them all.
/// Ollama's /v1 is not used either: it ignores max_completion_tokens and loses errors in the middle of a stream.
/// </summary>
internal sealed class OllamaDialect(OllamaWarmUp warmUp) : IDialect
{
    public IReadOnlyList<string> Providers { get; } = ["ollama", "ollama_chat"];

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report)
    {
        var (chat, load) = OpenAiToOllama.Translate(request, report);
        return new OutgoingRequest(Addresses.Under(request.ApiBase!, "api/chat"), chat, "application/x-ndjson", load);
    }

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) =>
        contentType is "application/x-ndjson" or "application/json" or "" or "text/plain" or "application/octet-stream"
            ? new OllamaToOpenAi(request, report)
            : null;

    public void GoneBeforeFirstByte(UpstreamRequest request, OutgoingRequest outgoing) => warmUp.Begin(request, outgoing.WarmUp);
}
