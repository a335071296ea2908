using System.Collections.Frozen;
using OrleansLlm.Providers.Http;
using OrleansLlm.Providers.OpenAi;
using OrleansLlm.Providers.Responses;

namespace OrleansLlm.Providers;

/// <summary>The dialects by what is spoken, and the provider's peculiarities applied before one is used.</summary>
internal sealed class Upstreams(UpstreamHttp http, StreamForms forms, ChatRefusals chats, IEnumerable<IDialect> dialects) : IUpstream
{
    private readonly FrozenDictionary<UpstreamWire, IDialect> _dialects = dialects.ToFrozenDictionary(dialect => dialect.Wire);

    public IAsyncEnumerable<UpstreamChunk> StreamAsync(UpstreamRequest request, UpstreamReport report, CancellationToken ct)
    {
        var provider = UpstreamProviders.Serving(request.Provider, request.Model, request.BaseModel, request.AtResponses);
        request = request with { ApiBase = request.ApiBase ?? UpstreamProviders.DefaultBase(request.Provider) };
        if (provider.Wire == UpstreamWire.Responses) request = ResponsesModels.Named(request);
        else if (chats.Knows(request)) provider = UpstreamProviders.AtResponsesOf(provider);
        else request = ModelDoors.Through(provider, request);
        return EmbeddingParts.Of(request, provider.MostTexts) is { } parts
            ? parts.StreamAsync(Ask, report, ct)
            : request is { MergesThoughts: true, Operation: UpstreamOperation.Chat } ? MergedThoughts.OfAsync(Ask(request), ct) : Ask(request);

        IAsyncEnumerable<UpstreamChunk> Ask(UpstreamRequest one) => new UpstreamCall(http, forms, chats, _dialects, provider, one, report).StreamAsync(ct);
    }
}
