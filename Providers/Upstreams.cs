using System.Collections.Frozen;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers;

/// <summary>The dialects by provider name.</summary>
internal sealed class Upstreams(UpstreamHttp http, IEnumerable<IDialect> dialects) : IUpstream
{
    private readonly FrozenDictionary<string, IDialect> _dialects =
        dialects.SelectMany(dialect => dialect.Providers.Select(name => (name, dialect))).ToFrozenDictionary(d => d.name, d => d.dialect);

    public IAsyncEnumerable<UpstreamChunk> StreamAsync(UpstreamRequest request, UpstreamReport report, CancellationToken ct)
    {
        var apiBase = request.ApiBase ?? UpstreamProviders.DefaultBase(request.Provider);
        return _dialects.TryGetValue(request.Provider, out var dialect)
            ? new UpstreamCall(http, dialect, request with { ApiBase = apiBase }, report).StreamAsync(ct)
            : throw new ArgumentException(
                $"Unknown provider '{request.Provider}'. Known: {string.Join(", ", UpstreamProviders.Known)}.", nameof(request));
    }
}
