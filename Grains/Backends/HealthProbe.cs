using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Providers;

namespace OrleansLlm.Grains.Backends;

/// <summary>Asks a backend whether it is there and what it has loaded. Never runs a model.</summary>
internal sealed class HealthProbe(IUpstreamProbe upstream, Chance chance)
{
    public async Task<HealthReport> AskAsync(BackendOptions backend, CancellationToken cancellationToken)
    {
        var answer = await upstream.ProbeAsync(backend.Provider, backend.Url, backend.ApiKey, UpstreamRequests.Trust(backend.Trust), cancellationToken);
        return new HealthReport(
            answer.Alive ? HealthState.Up : HealthState.Down,
            [.. answer.Available ?? []],
            answer.Loaded is { } loaded ? [.. loaded] : null,
            answer.Alive ? null : answer.Problem);
    }

    /// <summary>The period, a tenth shorter or longer, so that a hundred backends are not asked in the same instant.</summary>
    public TimeSpan Jitter(TimeSpan period) => period * (0.9 + 0.2 * chance.NextDouble());
}
