namespace OrleansLlm.Silo.Configuration.Live;

internal static partial class LiveLog
{
    [LoggerMessage(EventId = 4001, EventName = "ConfigReloaded", Level = LogLevel.Information,
        Message = "{Path} has changed and is in force: {Models} models, {Deployments} deployments, {Backends} backends")]
    public static partial void ConfigReloaded(this ILogger logger, string path, int models, int deployments, int backends);

    [LoggerMessage(EventId = 4002, EventName = "ConfigRefused", Level = LogLevel.Error,
        Message = "{Path} has changed and has {Errors} errors: refused, what was in force stays")]
    public static partial void ConfigRefused(this ILogger logger, string path, int errors);

    [LoggerMessage(EventId = 4003, EventName = "ConfigError", Level = LogLevel.Error, Message = "{Path} line {Line}: {Key}: {Problem}")]
    public static partial void ConfigError(this ILogger logger, string path, int line, string key, string? problem);

    [LoggerMessage(EventId = 4004, EventName = "ConfigWarning", Level = LogLevel.Warning, Message = "{Path} line {Line}: {Key}: {Problem}")]
    public static partial void ConfigWarning(this ILogger logger, string path, int line, string key, string? problem);

    [LoggerMessage(EventId = 4005, EventName = "NeedsRestart", Level = LogLevel.Warning, Message = "{Key} has changed, which needs a restart; until then it stays as it was")]
    public static partial void NeedsRestart(this ILogger logger, string key);

    [LoggerMessage(EventId = 4006, EventName = "ConfigUnreadable", Level = LogLevel.Warning, Message = "{Path} cannot be read: {Problem}; what was in force stays")]
    public static partial void ConfigUnreadable(this ILogger logger, string path, string problem);

    [LoggerMessage(EventId = 4007, EventName = "ConfigWatchFails", Level = LogLevel.Error, Message = "{Path} could not be followed this time, and is looked at again")]
    public static partial void WatchFails(this ILogger logger, string path, Exception exception);

    [LoggerMessage(EventId = 4011, EventName = "OverlayInForce", Level = LogLevel.Information, Message = "Administrators' changes, version {Version}, are in force on this node")]
    public static partial void OverlayInForce(this ILogger logger, long version);

    [LoggerMessage(EventId = 4012, EventName = "EntryLeftOut", Level = LogLevel.Warning, Message = "The administrators' entry {Key} cannot be served by this node: {Problem}")]
    public static partial void EntryLeftOut(this ILogger logger, string key, string problem);

    [LoggerMessage(EventId = 4017, EventName = "ConfigFaulty", Level = LogLevel.Error,
        Message = "The file in force has become faulty, line {Line}: {Key}: {Problem}; with the administrators' changes it is in force without that")]
    public static partial void ConfigFaulty(this ILogger logger, int line, string key, string? problem);

    [LoggerMessage(EventId = 4018, EventName = "OverlayWarning", Level = LogLevel.Warning, Message = "Found with the administrators' changes: {Key}, line {Line}: {Problem}")]
    public static partial void OverlayWarning(this ILogger logger, string key, int line, string? problem);

    [LoggerMessage(EventId = 4013, EventName = "OverlayLost", Level = LogLevel.Warning, Message = "Administrators' changes cannot be asked for; what is in force stays")]
    public static partial void OverlayLost(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 4015, EventName = "ConfigsDiffer", Level = LogLevel.Warning,
        Message = "Node {Other} of this cluster has another configuration than this one: {Parts}. Requests are served by whichever node they come to; is it in the wrong cluster, or has it an old file?")]
    public static partial void ConfigsDiffer(this ILogger logger, string other, string parts);

    [LoggerMessage(EventId = 4016, EventName = "ConfigsNotCompared", Level = LogLevel.Debug, Message = "The other nodes' configurations cannot be asked for")]
    public static partial void NotCompared(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 4014, EventName = "OverlayFound", Level = LogLevel.Information, Message = "Administrators' changes can be asked for again")]
    public static partial void OverlayFound(this ILogger logger);
}
