using Microsoft.Extensions.Logging;

namespace OrleansLlm.Ledger.Writing;

internal static partial class LedgerLog
{
    [LoggerMessage(EventId = 5001, EventName = "LedgerAway", Level = LogLevel.Warning,
        Message = "The ledger's database fails; rows wait on the disk, requests are served: {Error}")]
    public static partial void LedgerAway(this ILogger logger, string error);

    [LoggerMessage(EventId = 5002, EventName = "LedgerBack", Level = LogLevel.Information, Message = "The ledger's database is back")]
    public static partial void LedgerBack(this ILogger logger);

    [LoggerMessage(EventId = 5003, EventName = "LedgerRowsLost", Level = LogLevel.Error,
        Message = "The ledger has lost {Rows} rows: {Why}")]
    public static partial void RowsLost(this ILogger logger, long rows, string why);

    [LoggerMessage(EventId = 5005, EventName = "LedgerCatchesUp", Level = LogLevel.Information,
        Message = "The ledger catches up: {Rows} rows that waited on the disk are stored, {Megabytes:F1} MB wait")]
    public static partial void CatchesUp(this ILogger logger, long rows, double megabytes);

    [LoggerMessage(EventId = 5004, EventName = "LedgerSpoolFails", Level = LogLevel.Error,
        Message = "The ledger's rows cannot be written to the disk and wait in memory")]
    public static partial void SpoolFails(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5006, EventName = "LedgerMigrates", Level = LogLevel.Information,
        Message = "The ledger's tables are brought to version {Version} of {Newest}; its rows wait on the disk meanwhile")]
    public static partial void Migrates(this ILogger logger, long version, int newest);

    [LoggerMessage(EventId = 5008, EventName = "LedgerTakesOver", Level = LogLevel.Information,
        Message = "The ledger has stored {Rows} rows that a node which is gone has left in '{Spool}'")]
    public static partial void TakesOver(this ILogger logger, long rows, string spool);

    [LoggerMessage(EventId = 5009, EventName = "LedgerLeftSpoolFails", Level = LogLevel.Warning,
        Message = "The ledger's rows that a node has left in '{Spool}' cannot be read; they stay there")]
    public static partial void LeftSpoolFails(this ILogger logger, string spool, Exception exception);

    [LoggerMessage(EventId = 8501, EventName = "LedgerEmpty", Level = LogLevel.Error,
        Message = "The ledger '{Path}' is empty (0 bytes), which a file of this program never is: it begins anew, without the rows of before; a backup can be put in its place after a stop")]
    public static partial void IsEmpty(this ILogger logger, string path);

    [LoggerMessage(EventId = 5007, EventName = "LedgerMoves", Level = LogLevel.Information, Message = "The ledger's rows are moved to the new tables: {Rows} of {All}")]
    public static partial void Moves(this ILogger logger, long rows, long all);
}
