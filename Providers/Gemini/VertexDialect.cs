using OrleansLlm.Providers.Google;
using OrleansLlm.Providers.Vertex;

namespace OrleansLlm.Providers.Gemini;

/// <summary>Gemini in a Google Cloud project: the same words at a regional address, with an access token.</summary>
internal sealed class VertexDialect(GoogleTokens tokens, KeptThoughts kept) : IDialect
{
    public UpstreamWire Wire => UpstreamWire.VertexAi;

    public ValueTask<UpstreamRequest> PrepareAsync(UpstreamRequest request, CancellationToken ct) => tokens.PutAsync(request, ct);

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report) =>
        request.Operation == UpstreamOperation.Embedding
            ? new OutgoingRequest(Address(request, ":predict"), OpenAiToGemini.Instances(request, report), "application/json")
            : new OutgoingRequest(GeminiDialect.AsEvents(Address(request, ":streamGenerateContent")), OpenAiToGemini.Translate(kept.WithSignatures(request), report), "text/event-stream");

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) =>
        request.Operation == UpstreamOperation.Embedding
            ? contentType is "application/json" or "" ? new EmbeddingAnswer(request, report, GeminiEmbeddings.ReadPredictions) : null
            : GeminiDialect.Listen(contentType, request, report, kept);

    /// <summary>A model of Google's by its name, one's own by the number of its endpoint.</summary>
    private static Uri Address(UpstreamRequest request, string verb)
    {
        if (VertexModels.WhyNotServed(request.Model) is { } why) throw UpstreamException.CallerFault("model", $"This model of Vertex AI's is not served: {why}.", "model_not_found");
        var name = VertexModels.NameOf(request.Model);
        return VertexPlace.Of(request, (name.All(char.IsAsciiDigit) ? "endpoints/" : "publishers/google/models/") + Uri.EscapeDataString(name) + verb);
    }
}
