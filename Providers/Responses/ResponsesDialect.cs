using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers.Responses;

/// <summary>OpenAI's Responses API, at OpenAI and at Azure (https://platform.openai.com/docs/api-reference/responses): for models that have no chat completions.</summary>
internal sealed class ResponsesDialect : IDialect
{
    public UpstreamWire Wire => UpstreamWire.Responses;

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report) => new(
        ResponsesAddress.Of(request), OpenAiToResponses.Translate(request, report), request.Form == StreamForm.Whole ? "application/json" : "text/event-stream")
    {
        KeyHeader = ResponsesAddress.IsAzure(request) ? "api-key" : null,
    };

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) => contentType switch
    {
        "text/event-stream" or "" or "text/plain" or "application/octet-stream" => new ResponsesToOpenAi(request, report),
        "application/json" => new WholeResponse(new ResponsesToOpenAi(request, report), request),
        _ => null,
    };
}
