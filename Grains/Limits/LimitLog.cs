using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Limits;

internal static partial class LimitLog
{
    [LoggerMessage(EventId = 1301, EventName = "LimitNotStored", Level = LogLevel.Warning,
        Message = "Limits of {Scope}: the store did not take them; they are kept in memory and written again")]
    public static partial void LimitNotStored(this ILogger logger, string scope, Exception exception);

    [LoggerMessage(EventId = 1302, EventName = "SoftBudgetReached", Level = LogLevel.Warning,
        Message = "Soft budget of {Scope}: {Spent} US dollars of {Soft} are spent; requests go on")]
    public static partial void SoftBudgetReached(this ILogger logger, string scope, double spent, double soft);
}
