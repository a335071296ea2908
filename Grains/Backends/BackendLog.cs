using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Backends;

internal static partial class BackendLog
{
    [LoggerMessage(EventId = 1001, EventName = "CircuitOpened", Level = LogLevel.Warning,
        Message = "Backend {Backend}: circuit opened, half open in {Seconds:F0} s. Last error: {Error}")]
    public static partial void CircuitOpened(this ILogger logger, string backend, double? seconds, string? error);

    [LoggerMessage(EventId = 1002, EventName = "CircuitClosed", Level = LogLevel.Information, Message = "Backend {Backend}: circuit closed")]
    public static partial void CircuitClosed(this ILogger logger, string backend);

    [LoggerMessage(EventId = 1003, EventName = "LeasesExpired", Level = LogLevel.Warning,
        Message = "Backend {Backend}: {Count} leases were not renewed in time and were taken back")]
    public static partial void LeasesExpired(this ILogger logger, string backend, long count);

    [LoggerMessage(EventId = 1004, EventName = "DrainChanged", Level = LogLevel.Information, Message = "Backend {Backend}: draining = {Draining}")]
    public static partial void DrainChanged(this ILogger logger, string backend, bool draining);

    [LoggerMessage(EventId = 1005, EventName = "BackendUp", Level = LogLevel.Information, Message = "Backend {Backend}: up")]
    public static partial void BackendUp(this ILogger logger, string backend);

    [LoggerMessage(EventId = 1006, EventName = "BackendDown", Level = LogLevel.Warning, Message = "Backend {Backend}: down: {Error}")]
    public static partial void BackendDown(this ILogger logger, string backend, string? error);

    [LoggerMessage(EventId = 1008, EventName = "DeploymentSidelined", Level = LogLevel.Warning,
        Message = "Backend {Backend}: deployment {Deployment} is sidelined for {Seconds:F0} s. {Error}")]
    public static partial void DeploymentSidelined(this ILogger logger, string backend, string deployment, double seconds, string? error);

    [LoggerMessage(EventId = 8500, EventName = "ModelSidelined", Level = LogLevel.Information,
        Message = "Backend {Backend}: a deployment does not have a model, or an operation, that was asked for; what else it has goes on. {Error}")]
    public static partial void ModelSidelined(this ILogger logger, string backend, string? error);

    [LoggerMessage(EventId = 1007, EventName = "KeyRefused", Level = LogLevel.Error,
        Message = "Backend {Backend}: the upstream refuses the configured API key; nothing is sent there while its circuit is open. {Error}")]
    public static partial void KeyRefused(this ILogger logger, string backend, string? error);

    [LoggerMessage(EventId = 1009, EventName = "NewsNotSent", Level = LogLevel.Debug, Message = "Backend {Backend}: its news did not reach those who watch")]
    public static partial void NewsNotSent(this ILogger logger, string backend, Exception exception);

    [LoggerMessage(EventId = 1010, EventName = "BackendReset", Level = LogLevel.Warning, Message = "Backend {Backend}: its circuit is closed by the operator")]
    public static partial void BackendReset(this ILogger logger, string backend);

    [LoggerMessage(EventId = 1011, EventName = "BackendTakenOver", Level = LogLevel.Warning,
        Message = "Backend {Backend}: this process stood still, and another node has taken over meanwhile; nothing is given out here any more")]
    public static partial void TakenOver(this ILogger logger, string backend);
}
