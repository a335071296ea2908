using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Gemini;

/// <summary>Gemini's own API with an API key (https://ai.google.dev/api/generate-content).</summary>
internal sealed class GeminiDialect(KeptThoughts kept) : IDialect
{
    public UpstreamWire Wire => UpstreamWire.Gemini;

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report)
    {
        var isEmbedding = request.Operation == UpstreamOperation.Embedding;
        var model = "models/" + Uri.EscapeDataString(WithoutPrefix(request.Model));
        var address = Addresses.Under(Root(request.ApiBase!), model + (isEmbedding ? ":batchEmbedContents" : ":streamGenerateContent"));
        return isEmbedding
            ? new OutgoingRequest(address, OpenAiToGemini.Embeddings(request, report), "application/json") { KeyHeader = "x-goog-api-key" }
            : new OutgoingRequest(AsEvents(address), OpenAiToGemini.Translate(kept.WithSignatures(request), report), "text/event-stream") { KeyHeader = "x-goog-api-key" };
    }

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) =>
        request.Operation == UpstreamOperation.Embedding
            ? contentType is "application/json" or "" ? new EmbeddingAnswer(request, report, GeminiEmbeddings.Read) : null
            : Listen(contentType, request, report, kept);

    public static IAnswer? Listen(string contentType, UpstreamRequest request, UpstreamReport report, KeptThoughts kept) => contentType switch
    {
        "text/event-stream" or "" or "text/plain" or "application/octet-stream" => new GeminiToOpenAi(request, report, kept, Framing.Events),
        "application/json" => new GeminiToOpenAi(request, report, kept, Framing.Whole),
        _ => null,
    };

    /// <summary>Without it the stream is one JSON array.</summary>
    public static Uri AsEvents(Uri address) => new UriBuilder(address) { Query = address.Query.Length > 1 ? address.Query[1..] + "&alt=sse" : "alt=sse" }.Uri;

    public static string WithoutPrefix(string model) => model.StartsWith("models/", StringComparison.Ordinal) ? model["models/".Length..] : model;

    /// <summary>An api_base that names only a server is one for the usual version of the API.</summary>
    public static Uri Root(Uri apiBase) => apiBase.AbsolutePath == "/" ? Addresses.Under(apiBase, "v1beta") : apiBase;
}
