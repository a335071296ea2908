using Microsoft.Extensions.Logging;
using OrleansLlm.Grains.Recent;
using OrleansLlm.Ledger;
using OrleansLlm.Providers;

namespace OrleansLlm.Grains.Inference;

/// <summary>What an inference needs from its process.</summary>
internal sealed class InferenceServices(
    IUpstream upstream, RetryPipeline retries, ProcessDrain drain, OpenLogs openLogs, ILedger ledger, StoryBox stories, NodeName node, TimeProvider time, ILogger<InferenceGrain> logger)
{
    public IUpstream Upstream => upstream;

    public RetryPipeline Retries => retries;

    public ProcessDrain Drain => drain;

    public OpenLogs OpenLogs => openLogs;

    public ILedger Ledger => ledger;

    public StoryBox Stories => stories;

    public NodeName Node => node;

    public TimeProvider Time => time;

    public ILogger Logger => logger;
}
