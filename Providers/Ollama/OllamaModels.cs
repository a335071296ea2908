using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Ollama;

/// <summary>The lists of models that Ollama gives.</summary>
internal static class OllamaModels
{
    /// <summary>The names in /api/tags or /api/ps.</summary>
    /// <exception cref="HttpRequestException">No answer, or another status than 200.</exception>
    /// <exception cref="JsonException">Not such a list.</exception>
    public static async Task<IReadOnlyList<string>> ListAsync(
        UpstreamHttp http, UpstreamTrust trust, Uri address, string? apiKey, IReadOnlyDictionary<string, string>? headers, CancellationToken ct)
    {
        using var response = await http.SendAsync(
            trust, () => UpstreamHttp.Request(HttpMethod.Get, address, apiKey, headers, null, "application/json"), new ConnectionTrace(), null, ct)
            .ConfigureAwait(false);
        return await ModelList.ReadAsync(response, "models", "name", ct).ConfigureAwait(false);
    }

    /// <summary>A name without a tag means the tag "latest".</summary>
    public static bool IsSame(string one, string other) => Tagged(one).Equals(Tagged(other), StringComparison.OrdinalIgnoreCase);

    private static string Tagged(string name) => name.LastIndexOf(':') > name.LastIndexOf('/') ? name : name + ":latest";
}
