using OrleansLlm.Providers.Google;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Gemini;

/// <summary>Gemini in a Google Cloud project: the same words at a regional address, with an access token.</summary>
internal sealed class VertexDialect(GoogleTokens tokens, KeptThoughts kept) : IDialect
{
    public UpstreamWire Wire => UpstreamWire.VertexAi;

    /// <summary>A key that is configured is taken for a token that somebody else keeps fresh.</summary>
    public async ValueTask<UpstreamRequest> PrepareAsync(UpstreamRequest request, CancellationToken ct) =>
        string.IsNullOrEmpty(request.ApiKey) ? request with { ApiKey = await tokens.GetAsync(request.Account, ct).ConfigureAwait(false) } : request;

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report)
    {
        var model = Model(request);
        return request.Operation == UpstreamOperation.Embedding
            ? new OutgoingRequest(Addresses.Under(request.ApiBase!, model + ":predict"), OpenAiToGemini.Instances(request, report), "application/json")
            : new OutgoingRequest(
                GeminiDialect.AsEvents(Addresses.Under(request.ApiBase!, model + ":streamGenerateContent")), OpenAiToGemini.Translate(kept.WithSignatures(request), report), "text/event-stream");
    }

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) =>
        request.Operation == UpstreamOperation.Embedding
            ? contentType is "application/json" or "" ? new EmbeddingAnswer(request, report, GeminiEmbeddings.ReadPredictions) : null
            : GeminiDialect.Listen(contentType, request, report, kept);

    /// <summary>A model of Google's by its name, one's own by the number of its endpoint.</summary>
    private static string Model(UpstreamRequest request)
    {
        if (request.Account.Project is not { Length: > 0 } project)
        {
            throw new UpstreamException(new UpstreamFailure
            {
                Kind = FailureKind.Status, Status = 500, Type = "configuration_error", BeforeFirstToken = true, IsOwnWords = true,
                Message = "vertex_project is not configured, and the credentials name no project.",
            });
        }

        var version = request.ApiBase!.AbsolutePath == "/" ? "v1/" : "";
        var place = $"{version}projects/{Uri.EscapeDataString(project)}/locations/{Uri.EscapeDataString(request.Account.Location ?? "us-central1")}/";
        var name = GeminiDialect.WithoutPrefix(request.Model);
        return place + (name.All(char.IsAsciiDigit) ? "endpoints/" : "publishers/google/models/") + Uri.EscapeDataString(name);
    }
}
