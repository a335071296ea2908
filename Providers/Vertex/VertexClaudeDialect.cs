using System.Collections.Frozen;
using OrleansLlm.Providers.Anthropic;
using OrleansLlm.Providers.Google;

namespace OrleansLlm.Providers.Vertex;

/// <summary>
/// Claude in a Google Cloud project: Anthropic's Messages, with the model in the address, the version in the body and an access token
/// (https://docs.claude.com/en/api/claude-on-vertex-ai). Errors are Google's where it refuses, and Anthropic's where the model does.
/// </summary>
internal sealed class VertexClaudeDialect(GoogleTokens tokens, KeptThoughts kept) : IDialect
{
    private static readonly CloudMessages Form = new("vertex-2023-10-16");

    public UpstreamWire Wire => UpstreamWire.VertexClaude;

    public ValueTask<UpstreamRequest> PrepareAsync(UpstreamRequest request, CancellationToken ct) => tokens.PutAsync(AnthropicBetas.WithoutConfigured(request), ct);

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report)
    {
        var address = VertexPlace.Of(request, $"publishers/anthropic/models/{VertexPlace.Name(request.Model)}:streamRawPredict");
        var body = OpenAiToAnthropic.Translate(kept.WithThoughts(request), report, Form);
        var betas = AnthropicBetas.Of(request with { AnthropicBeta = VertexBetas.Taken(request.AnthropicBeta, report) }, isLogin: false);
        return new OutgoingRequest(address, body, "text/event-stream")
        {
            Headers = betas.Length == 0 ? FrozenDictionary<string, string>.Empty : new Dictionary<string, string> { [AnthropicBetas.Header] = betas },
        };
    }

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) => AnthropicDialect.Listen(contentType, request, report, kept);
}
