using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Catalog;

internal static partial class CatalogLog
{
    [LoggerMessage(EventId = 1201, EventName = "CatalogChanged", Level = LogLevel.Information,
        Message = "Administrators' changes, version {Version} ({Change}): {Models} models, {Deleted} deleted, {Backends} backends")]
    public static partial void CatalogChanged(this ILogger logger, long version, string change, int models, int deleted, int backends);
}
