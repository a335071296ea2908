using Microsoft.Extensions.Logging;
using OrleansLlm.Grains.Recent;
using OrleansLlm.Grains.Telemetry;
using OrleansLlm.Inference;
using OrleansLlm.Providers;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Inference;

/// <summary>What an inference needs from its process.</summary>
internal sealed class InferenceServices(
    IUpstream upstream, RetryPipeline retries, ProcessDrain drain, HostTraits host, OpenLogs openLogs, RequestReports reports, GatewayMetrics metrics, StoryBox stories, NodeName node, TimeProvider time,
    ILogger<InferenceGrain> logger, Handovers? handovers = null, DistantReaders? readers = null)
{
    public IUpstream Upstream => upstream;

    public RetryPipeline Retries => retries;

    public ProcessDrain Drain => drain;

    public HostTraits Host => host;

    public OpenLogs OpenLogs => openLogs;

    public RequestReports Reports => reports;

    public GatewayMetrics Metrics => metrics;

    public StoryBox Stories => stories;

    public NodeName Node => node;

    /// <summary>Null where the engine itself hands events over within the process.</summary>
    public Handovers? Handovers => handovers;

    /// <summary>Null where nobody reads from another process.</summary>
    public DistantReaders? Readers => readers;

    public KnownQueues Queues { get; } = new(time);

    public TimeProvider Time => time;

    public ILogger Logger => logger;
}
