namespace OrleansLlm.Providers;

/// <summary>Asks a service how it is, without ever running an inference.</summary>
public interface IUpstreamProbe
{
    /// <summary>
    /// Ollama: /api/tags and /api/ps. Others: their list of models. Takes five seconds and four megabytes at most; never throws but for cancellation
    /// and unknown providers.
    /// </summary>
    /// <param name="apiBase">As in <see cref="UpstreamRequest.ApiBase"/>.</param>
    /// <param name="trust">As in <see cref="UpstreamRequest.Trust"/>.</param>
    /// <exception cref="ArgumentException">The provider is unknown.</exception>
    Task<UpstreamStatus> ProbeAsync(string provider, Uri? apiBase, string? apiKey, UpstreamTrust trust, CancellationToken ct);
}

/// <summary>What a probe found out.</summary>
/// <param name="Alive">It answered with a status below 500; an Ollama with its list as well.</param>
/// <param name="Available">The models it offers; null if it would not say.</param>
/// <param name="Loaded">The models in memory; null where the dialect has no such thing.</param>
/// <param name="Problem">Why it is not alive, or why the models are unknown. Holds no key.</param>
public sealed record UpstreamStatus(bool Alive, IReadOnlyList<string>? Available, IReadOnlyList<string>? Loaded, string? Problem);
