using System.Text.Json;
using OrleansLlm.Providers.Http;
using OrleansLlm.Providers.Ollama;

namespace OrleansLlm.Providers;

/// <summary>Lists models; a list is cheap everywhere and says that the service answers.</summary>
internal sealed class UpstreamProbe(UpstreamHttp http) : IUpstreamProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<UpstreamStatus> ProbeAsync(string provider, Uri? apiBase, string? apiKey, CancellationToken ct)
    {
        apiBase ??= UpstreamProviders.DefaultBase(provider);
        var isOllama = UpstreamProviders.Find(provider).Wire == UpstreamWire.Ollama;
        using var timer = new CancellationTokenSource(Patience, http.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, ct);
        try
        {
            return isOllama
                ? new UpstreamStatus(
                    true,
                    await OllamaModels.ListAsync(http, Addresses.Under(apiBase, "api/tags"), apiKey, null, both.Token).ConfigureAwait(false),
                    await OllamaModels.ListAsync(http, Addresses.Under(apiBase, "api/ps"), apiKey, null, both.Token).ConfigureAwait(false),
                    null)
                : new UpstreamStatus(true, await OpenAiModelsAsync(apiBase, apiKey, both.Token).ConfigureAwait(false), null, null);
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
            return new UpstreamStatus(false, null, null, $"No connection: {failed.HttpRequestError}.");
        }
        catch (Exception broken) when (broken is JsonException or IOException or InvalidOperationException)
        {
            return new UpstreamStatus(false, null, null, broken is IOException ? "The connection was lost." : "The list of models cannot be read.");
        }
    }

    private async Task<IReadOnlyList<string>> OpenAiModelsAsync(Uri apiBase, string? apiKey, CancellationToken ct)
    {
        using var response = await http.SendAsync(
            () => UpstreamHttp.Request(HttpMethod.Get, Addresses.Under(apiBase, "models"), apiKey, null, null, "application/json"),
            new ConnectionTrace(CancellationToken.None), null, ct).ConfigureAwait(false);
        return await ModelList.ReadAsync(response, "data", "id", ct).ConfigureAwait(false);
    }
}
