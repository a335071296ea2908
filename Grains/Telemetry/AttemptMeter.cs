using System.Diagnostics;
using System.Globalization;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Telemetry;

/// <summary>Measures and traces one upstream call, from its beginning to <see cref="Dispose"/>.</summary>
internal sealed class AttemptMeter : IDisposable
{
    private readonly UpstreamMetrics _metrics;
    private readonly Deployment _deployment;
    private readonly string _apiBase;
    private readonly Activity? _span;
    private string? _error = "abandoned";

    public AttemptMeter(GatewayMetrics metrics, Deployment deployment, InferenceRequest request)
    {
        (_metrics, _deployment) = (metrics.Upstreams, deployment);
        _apiBase = DeploymentLabels.ApiBase(deployment);
        _metrics.Running.Add(1, deployment.Backend);
        var operation = GenAi.Operation(request.Kind);
        _span = GatewayTraces.Start($"{operation} {deployment.Model}", ActivityKind.Client, request.TraceParent, request.TraceState);
        TraceParent = _span?.Id ?? (ActivityContext.TryParse(request.TraceParent, null, out _) ? request.TraceParent : null);
        TraceState = TraceParent is null ? null : _span is null ? request.TraceState : _span.TraceStateString;
        if (_span is null) return;
        _span.SetTag("gen_ai.operation.name", operation);
        _span.SetTag("gen_ai.provider.name", GenAi.Provider(deployment.Provider));
        _span.SetTag("gen_ai.request.model", deployment.Model);
        _span.SetTag("server.address", deployment.ApiBase.Host);
        _span.SetTag("server.port", deployment.ApiBase.Port);
        _span.SetTag("orleansllm.backend", deployment.Backend);
        _span.SetTag("orleansllm.deployment.id", deployment.Id);
    }

    /// <summary>What the upstream is to be told of the trace: this call's span, or the client's own where nothing is traced here; null: nothing.</summary>
    public string? TraceParent { get; }

    /// <summary>The tracestate beside it; null: none.</summary>
    public string? TraceState { get; }

    public void Succeeded(InferenceCompleted completed, TimeSpan firstToken)
    {
        _error = null;
        _metrics.Succeeded.Add(1, _deployment.ConfiguredModel, _deployment.Id, _apiBase, _deployment.Provider);
        if (completed.CompletionTokens > 0)
        {
            _metrics.PerToken.Record(completed.Upstream.TotalSeconds / completed.CompletionTokens, _deployment.ConfiguredModel, _deployment.Id, _apiBase, _deployment.Provider);
        }

        if (_span is null) return;
        _span.SetTag("gen_ai.response.model", _deployment.Model);
        _span.SetTag("gen_ai.usage.input_tokens", completed.PromptTokens);
        _span.SetTag("gen_ai.usage.output_tokens", completed.CompletionTokens);
        _span.SetTag("orleansllm.time_to_first_token", firstToken.TotalSeconds);
    }

    public void Failed(Failure failure)
    {
        _error = FailureNames.Of(failure);
        var status = failure.UpstreamStatus?.ToString(CultureInfo.InvariantCulture);
        _span?.SetTag("http.response.status_code", failure.UpstreamStatus);
        _metrics.Failed.Add(1, _deployment.ConfiguredModel, _deployment.Id, _apiBase, _deployment.Provider, status, _error);
    }

    public void Dispose()
    {
        _metrics.Total.Add(1, _deployment.ConfiguredModel, _deployment.Id, _apiBase, _deployment.Provider);
        _metrics.Running.Add(-1, _deployment.Backend);
        _span.End(_error);
    }
}
