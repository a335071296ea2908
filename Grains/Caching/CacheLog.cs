using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Caching;

internal static partial class CacheLog
{
    [LoggerMessage(EventId = 2701, EventName = "CacheStoreFailed", Level = LogLevel.Warning,
        Message = "The shared store of cached answers did not answer; the gateway goes on without it")]
    public static partial void StoreFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 8503, EventName = "FlushMovedBack", Level = LogLevel.Warning,
        Message = "The cache was flushed at {Time} by a clock that was ahead; it counts as flushed now, so that answers are kept again")]
    public static partial void FlushMovedBack(this ILogger logger, DateTimeOffset time);

    [LoggerMessage(EventId = 2702, EventName = "NotCached", Level = LogLevel.Warning, Message = "Inference {InferenceId}: its answer could not be left with the cache")]
    public static partial void NotCached(this ILogger logger, string inferenceId, Exception exception);

    [LoggerMessage(EventId = 2703, EventName = "CacheUnreachable", Level = LogLevel.Warning,
        Message = "Request {RequestId}: the cache, or the inference it has joined, could not be reached; it goes on without")]
    public static partial void CacheUnreachable(this ILogger logger, string requestId, Exception exception);
}
