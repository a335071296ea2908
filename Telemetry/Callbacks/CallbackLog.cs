using Microsoft.Extensions.Logging;

namespace OrleansLlm.Telemetry.Callbacks;

internal static partial class CallbackLog
{
    [LoggerMessage(EventId = 6201, EventName = "CallbackAway", Level = LogLevel.Warning,
        Message = "Callback {Callback} is not told of requests, which are served all the same: {Problem}")]
    public static partial void CallbackAway(this ILogger logger, string callback, string problem);

    [LoggerMessage(EventId = 6202, EventName = "CallbackBack", Level = LogLevel.Information, Message = "Callback {Callback} is told of requests again")]
    public static partial void CallbackBack(this ILogger logger, string callback);
}
