using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Telemetry;

/// <summary>Counts one upstream call, from its beginning to <see cref="Dispose"/>.</summary>
internal sealed class AttemptMeter : IDisposable
{
    private readonly UpstreamMetrics _metrics;
    private readonly Deployment _deployment;
    private readonly string _apiBase;

    public AttemptMeter(GatewayMetrics metrics, Deployment deployment)
    {
        (_metrics, _deployment) = (metrics.Upstreams, deployment);
        _apiBase = DeploymentLabels.ApiBase(deployment);
        _metrics.Running.Add(1, deployment.Backend);
    }

    public void Succeeded(InferenceCompleted completed)
    {
        _metrics.Succeeded.Add(1, _deployment.ConfiguredModel, _deployment.Id, _apiBase, _deployment.Provider);
        if (completed.CompletionTokens > 0)
        {
            _metrics.PerToken.Record(completed.Upstream.TotalSeconds / completed.CompletionTokens, _deployment.ConfiguredModel, _deployment.Id, _apiBase, _deployment.Provider);
        }
    }

    public void Failed(Failure failure) => _metrics.Failed.Add(
        1, _deployment.ConfiguredModel, _deployment.Id, _apiBase, _deployment.Provider, failure.UpstreamStatus?.ToString(System.Globalization.CultureInfo.InvariantCulture), FailureNames.Of(failure.Kind));

    public void Dispose()
    {
        _metrics.Total.Add(1, _deployment.ConfiguredModel, _deployment.Id, _apiBase, _deployment.Provider);
        _metrics.Running.Add(-1, _deployment.Backend);
    }
}
