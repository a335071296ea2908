using System.Collections.Frozen;
using OrleansLlm.Providers.Http;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>Amazon Bedrock's Converse API, the same for the models of all makers (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html).</summary>
internal sealed class BedrockDialect(TimeProvider time, KeptThoughts kept) : IDialect
{
    private const string Service = "bedrock";
    private const string Stream = "application/vnd.amazon.eventstream";

    public UpstreamWire Wire => UpstreamWire.Bedrock;

    public OutgoingRequest Say(UpstreamRequest request, UpstreamReport report)
    {
        var body = OpenAiToConverse.Translate(kept.WithThoughts(request), report, out var hasTools);
        var isWhole = request.Form == StreamForm.Whole || (hasTools && BedrockModel.Of(request).StreamsNoCalls);
        var address = Addresses.Under(request.ApiBase!, $"model/{Uri.EscapeDataString(BedrockModel.WithoutRoute(request.Model))}/{(isWhole ? "converse" : "converse-stream")}");
        return new OutgoingRequest(address, body, isWhole ? "application/json" : Stream) { Headers = Signed(request, address, body) };
    }

    public IAnswer? Hear(string contentType, UpstreamRequest request, UpstreamReport report) => contentType switch
    {
        Stream or "" or "application/octet-stream" => new ConverseToOpenAi(request, report, kept),
        "application/json" => new WholeConverse(new ConverseToOpenAi(request, report, kept), request),
        _ => null,
    };

    public UpstreamFailure Understand(UpstreamFailure refused, HttpResponseMessage response) => BedrockErrors.Named(refused, response);

    /// <summary>A key is a bearer token; without one the request is signed.</summary>
    private FrozenDictionary<string, string> Signed(UpstreamRequest request, Uri address, ReadOnlyMemory<byte> body)
    {
        if (!string.IsNullOrEmpty(request.ApiKey)) return FrozenDictionary<string, string>.Empty;
        var (keys, region) = (request.Account.Aws, request.Account.Location);
        if (keys is null || region is null)
        {
            throw new UpstreamException(new UpstreamFailure
            {
                Kind = FailureKind.Status, Status = 500, Type = "configuration_error", BeforeFirstToken = true, IsOwnWords = true,
                Message = "Neither an api_key nor aws_access_key_id, aws_secret_access_key and aws_region_name are configured.",
            });
        }

        return AwsSignature.Headers("POST", address, body.Span, keys, region, Service, time.GetUtcNow()).ToFrozenDictionary();
    }
}
