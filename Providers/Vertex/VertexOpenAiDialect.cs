using OrleansLlm.Providers.Google;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers.Vertex;

/// <summary>
/// Models of other makers in a Google Cloud project, which are asked in OpenAI's words: one address for all of them with the model in the body
/// (https://docs.cloud.google.com/vertex-ai/generative-ai/docs/maas/call-open-model-apis), one for each endpoint of one's own, and Mistral's, whose model stands in the address
/// (https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/mistral).
/// </summary>
internal sealed class VertexOpenAiDialect(GoogleTokens tokens) : IDialect
{
    public UpstreamWire Wire => UpstreamWire.VertexOpenAi;

    public ValueTask<UpstreamRequest> PrepareAsync(UpstreamRequest request, CancellationToken ct) => tokens.PutAsync(request, ct);

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report)
    {
        if (request.Provider == VertexModels.Mistral)
        {
            var name = VertexModels.NameOf(request.Model);
            var verb = request.Form == StreamForm.Whole ? "rawPredict" : "streamRawPredict";
            // There a version is a part of the address only.
            return OpenAiDialect.Say(
                request with { Model = name.Split('@')[0] }, VertexPlace.Of(request, $"publishers/mistralai/models/{VertexPlace.Name(name)}:{verb}"));
        }

        // A container of one's own has one model, and none by this name.
        return VertexModels.EndpointOf(request.Model) is { } endpoint
            ? OpenAiDialect.Say(request with { Model = "" }, VertexPlace.Of(request, $"endpoints/{endpoint}/chat/completions", "v1beta1"))
            : OpenAiDialect.Say(request, VertexPlace.Of(request, "endpoints/openapi/chat/completions"));
    }

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) => OpenAiDialect.Listen(contentType, request, report);
}
