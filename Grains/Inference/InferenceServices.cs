using Microsoft.Extensions.Logging;
using OrleansLlm.Grains.Recent;
using OrleansLlm.Grains.Telemetry;
using OrleansLlm.Providers;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Inference;

/// <summary>What an inference needs from its process.</summary>
internal sealed class InferenceServices(
    IUpstream upstream, RetryPipeline retries, ProcessDrain drain, OpenLogs openLogs, RequestReports reports, GatewayMetrics metrics, StoryBox stories, NodeName node, TimeProvider time,
    ILogger<InferenceGrain> logger)
{
    public IUpstream Upstream => upstream;

    public RetryPipeline Retries => retries;

    public ProcessDrain Drain => drain;

    public OpenLogs OpenLogs => openLogs;

    public RequestReports Reports => reports;

    public GatewayMetrics Metrics => metrics;

    public StoryBox Stories => stories;

    public NodeName Node => node;

    public TimeProvider Time => time;

    public ILogger Logger => logger;
}
