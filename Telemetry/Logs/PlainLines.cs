using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace OrleansLlm.Telemetry.Logs;

/// <summary>
/// Without <c>json_logs</c>: each event is one line, whatever is in it. Clients name models and users, so that line ends and what a terminal takes for
/// a command are written as escapes. An event has the name by which the documentation calls it, which says more than its number and is looked for.
/// </summary>
internal sealed class PlainLines(TimeProvider time) : ConsoleFormatter(FormatName)
{
    public const string FormatName = "orleansllm-plain";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new StringBuilder(256);
        line.Append(CultureInfo.InvariantCulture, $"{time.GetUtcNow().UtcDateTime:HH:mm:ss} {NameOf(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId}] ");
        Append(line, logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is { } exception) Append(line.Append(' '), exception.ToString().ReplaceLineEndings(" "));
        textWriter.WriteLine(line);
    }

    private static void Append(StringBuilder line, string text)
    {
        foreach (var c in text)
        {
            if (IsSafe(c)) line.Append(c);
            else line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }
    }

    /// <summary>Neither a control character, nor one that ends a line or turns the direction of writing.</summary>
    private static bool IsSafe(char c) =>
        !char.IsControl(c) && CharUnicodeInfo.GetUnicodeCategory(c) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        LogLevel.Critical => "crit",
        _ => "info",
    };
}
