using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace OrleansLlm.Telemetry.Logs;

public static class ConsoleLogs
{
    /// <summary>Lines that may wait for the console. One that takes none costs lines, which it says when it is back, and never a request.</summary>
    private const int MaxWaiting = 10_000;

    public static void AddConsoleLogs(this ILoggingBuilder logging, bool json)
    {
        logging.Services.TryAddSingleton(TimeProvider.System);
        logging.AddConsole(c => c.FormatterName = json ? JsonLines.FormatName : PlainLines.FormatName);
        logging.Services.AddSingleton<ConsoleFormatter>(s => json ? new JsonLines(s.GetRequiredService<TimeProvider>()) : new PlainLines(s.GetRequiredService<TimeProvider>()));
        logging.Services.Configure<ConsoleLoggerOptions>(c => (c.QueueFullMode, c.MaxQueueLength) = (ConsoleLoggerQueueFullMode.DropWrite, MaxWaiting));
    }
}
