using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Catalog;

internal static partial class CatalogLog
{
    [LoggerMessage(EventId = 1201, EventName = "CatalogChanged", Level = LogLevel.Information,
        Message = "Administrators' changes, version {Version} ({Change}): {Models} models, {Deleted} deleted, {Backends} backends")]
    public static partial void CatalogChanged(this ILogger logger, long version, string change, int models, int deleted, int backends);

    [LoggerMessage(EventId = 1202, EventName = "EntriesSealed", Level = LogLevel.Information,
        Message = "The stored changes, version {Version}, have been encrypted anew")]
    public static partial void EntriesSealed(this ILogger logger, long version);

    [LoggerMessage(EventId = 1203, EventName = "EntriesNotSealed", Level = LogLevel.Warning,
        Message = "The stored changes could not be encrypted anew; they will be with the next change")]
    public static partial void EntriesNotSealed(this ILogger logger, Exception exception);
}
