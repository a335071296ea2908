using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>Services that speak OpenAI's chat completions themselves: forwarded, not translated.</summary>
internal sealed class OpenAiDialect : IDialect
{
    public IReadOnlyList<string> Providers { get; } = ["openai"];

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report) =>
        new(Addresses.Under(request.ApiBase!, "chat/completions"), OpenAiRewrite.Rewrite(request), "text/event-stream");

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) => contentType switch
    {
        // Proxies lose the type or call it text; both are sent for real streams.
        "text/event-stream" or "" or "text/plain" or "application/octet-stream" => new OpenAiAnswer(request, report),
        "application/json" => new WholeCompletion(new OpenAiAnswer(request, report), request),
        _ => null,
    };
}
