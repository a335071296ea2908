using System.Collections.Frozen;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>Anthropic's Messages API (https://docs.claude.com/en/api/messages).</summary>
internal sealed class AnthropicDialect(KeptThoughts kept) : IDialect
{
    public const string Version = "2023-06-01";
    private const string LoginToken = "sk-ant-oat";

    public UpstreamWire Wire => UpstreamWire.Anthropic;

    public ValueTask<UpstreamRequest> PrepareAsync(UpstreamRequest request, CancellationToken ct) => new(AnthropicBetas.WithoutConfigured(request));

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report)
    {
        // A token from a login, unlike a key, is a bearer token.
        var isLogin = request.ApiKey?.StartsWith(LoginToken, StringComparison.Ordinal) is true;
        var headers = new Dictionary<string, string> { ["anthropic-version"] = request.Account.ApiVersion ?? Version };
        if (AnthropicBetas.Of(request, isLogin) is { Length: > 0 } betas) headers[AnthropicBetas.Header] = betas;
        return new OutgoingRequest(Under(request.ApiBase!, "messages"), OpenAiToAnthropic.Translate(kept.WithThoughts(request), report), "text/event-stream")
        {
            KeyHeader = isLogin ? null : "x-api-key",
            Headers = headers.ToFrozenDictionary(),
        };
    }

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) => Listen(contentType, request, report, kept);

    public static IAnswer? Listen(string contentType, UpstreamRequest request, UpstreamReport report, KeptThoughts kept) => contentType switch
    {
        "text/event-stream" or "" or "text/plain" or "application/octet-stream" => new AnthropicToOpenAi(request, report, kept),
        "application/json" => new WholeMessage(new AnthropicToOpenAi(request, report, kept), request),
        _ => null,
    };

    /// <summary>An api_base may end in /v1, or name the whole address, or neither.</summary>
    public static Uri Under(Uri apiBase, string path)
    {
        var given = apiBase.AbsolutePath.TrimEnd('/');
        if (given.EndsWith("/v1/" + path, StringComparison.Ordinal)) return apiBase;
        return Addresses.Under(apiBase, given.EndsWith("/v1", StringComparison.Ordinal) ? path : "v1/" + path);
    }
}
