using System.Text.Json;
using OrleansLlm.Providers.Anthropic;
using OrleansLlm.Providers.Gemini;
using OrleansLlm.Providers.Http;
using OrleansLlm.Providers.Ollama;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers;

/// <summary>Lists models; a list is cheap everywhere and says that the service answers.</summary>
internal sealed class UpstreamProbe(UpstreamHttp http) : IUpstreamProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<UpstreamStatus> ProbeAsync(string provider, Uri? apiBase, string? apiKey, UpstreamTrust trust, CancellationToken ct)
    {
        var wire = UpstreamProviders.Find(provider).Wire;
        apiBase ??= UpstreamProviders.DefaultBase(provider);
        using var timer = new CancellationTokenSource(Patience, http.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, ct);
        try
        {
            return wire == UpstreamWire.Ollama
                ? new UpstreamStatus(
                    true,
                    await OllamaModels.ListAsync(http, trust, Addresses.Under(apiBase, "api/tags"), apiKey, null, both.Token).ConfigureAwait(false),
                    await OllamaModels.ListAsync(http, trust, Addresses.Under(apiBase, "api/ps"), apiKey, null, both.Token).ConfigureAwait(false),
                    null)
                : wire is UpstreamWire.VertexAi or UpstreamWire.AzureAi or UpstreamWire.Bedrock
                    ? await LookAsync(apiBase, trust, both.Token).ConfigureAwait(false)
                    : new UpstreamStatus(true, await ModelsAsync(wire, apiBase, apiKey, trust, both.Token).ConfigureAwait(false), null, null);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new UpstreamStatus(false, null, null, $"No answer within {Patience.TotalSeconds:0} s.");
        }
        catch (HttpRequestException refused) when (refused.StatusCode is { } status)
        {
            // 401 and 404 come from a service that lives; it only keeps its list to itself.
            return new UpstreamStatus((int)status < 500, null, null, $"The list of models was answered with status {(int)status}.");
        }
        catch (HttpRequestException failed)
        {
            return new UpstreamStatus(false, null, null, $"No connection: {UntrustedCertificateException.In(failed)?.Message ?? failed.HttpRequestError.ToString()}.");
        }
        catch (Exception broken) when (broken is JsonException or IOException or InvalidOperationException)
        {
            // Some have a page for every address, and serve all the same. An Ollama always has its list: what has none there is none.
            var lives = broken is not IOException && wire != UpstreamWire.Ollama;
            return new UpstreamStatus(lives, null, null, broken is IOException ? "The connection was lost." : "The list of models cannot be read.");
        }
    }

    /// <summary>Vertex AI has no list without a token, and Azure AI has none of what is deployed, nor has Bedrock one at this address: that they answer says that they are there.</summary>
    private async Task<UpstreamStatus> LookAsync(Uri apiBase, UpstreamTrust trust, CancellationToken ct)
    {
        using var response = await http.SendAsync(
            trust, () => UpstreamHttp.Request(HttpMethod.Get, apiBase, null, null, null, "application/json"), new ConnectionTrace(), null, ct)
            .ConfigureAwait(false);
        return new UpstreamStatus((int)response.StatusCode < 500, null, null, "The service does not list its models.");
    }

    private async Task<IReadOnlyList<string>> ModelsAsync(UpstreamWire wire, Uri apiBase, string? apiKey, UpstreamTrust trust, CancellationToken ct)
    {
        var (address, header, list, name) = wire switch
        {
            UpstreamWire.Anthropic => (AnthropicDialect.Under(apiBase, "models"), "x-api-key", "data", "id"),
            UpstreamWire.Gemini => (Addresses.Under(GeminiDialect.Root(apiBase), "models"), "x-goog-api-key", "models", "name"),
            UpstreamWire.Azure => (new UriBuilder(Addresses.Under(apiBase, "openai/models")) { Query = "api-version=" + AzureDialect.DefaultVersion }.Uri, "api-key", "data", "id"),
            _ => (Addresses.Under(apiBase, "models"), null, "data", "id"),
        };
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        if (header is not null && !string.IsNullOrEmpty(apiKey)) headers[header] = apiKey;
        if (wire == UpstreamWire.Anthropic) headers["anthropic-version"] = AnthropicDialect.Version;
        using var response = await http.SendAsync(
            trust, () => UpstreamHttp.Request(HttpMethod.Get, address, wire == UpstreamWire.OpenAi ? apiKey : null, headers, null, "application/json"),
            new ConnectionTrace(), null, ct).ConfigureAwait(false);
        var models = await ModelList.ReadAsync(response, list, name, ct).ConfigureAwait(false);
        return wire == UpstreamWire.Gemini ? [.. models.Select(GeminiDialect.WithoutPrefix)] : models;
    }
}
