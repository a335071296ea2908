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
}
