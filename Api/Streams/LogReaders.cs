using Microsoft.Extensions.Logging;
using OrleansLlm.Inference;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Api.Streams;

/// <summary>Opens readers of inferences, which may run on any node.</summary>
internal sealed class LogReaders(IClusterClient cluster, GatewayMetrics metrics, TimeProvider time, ILogger<LogReader> logger)
{
    /// <param name="caller">Who resumes; null for the first reader.</param>
    public LogReader Open(IInferenceGrain inference, string? caller)
    {
        var stream = cluster.GetStreamProvider(Names.TokenStreams)
            .GetStream<LogPage>(StreamId.Create(Names.InferenceStreams, inference.GetPrimaryKeyString()));
        return new LogReader(inference, stream, caller, metrics.Http.StreamLag, time, logger);
    }
}
