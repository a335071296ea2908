using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Telemetry.Logs;

namespace OrleansLlm.Tests.Observability;

/// <summary>The console's lines without json_logs, and that no line of either kind is two, or a command to a terminal.</summary>
public class PlainLinesTests
{
    private const string Nasty = "a\r\n12:00:00 info: forged\u001b[2J\u007f\u0085\u009b1m\u2028\u202eb";

    [Fact]
    public void ALine_HasTimeLevelCategoryAndTheNameOfItsEvent() =>
        Assert.EndsWith("warn: C[E] a message System.InvalidOperationException: no" + Environment.NewLine, Plain("a message", new InvalidOperationException("no")), StringComparison.Ordinal);

    [Fact]
    public void WhateverAClientCallsAThing_ItStaysOneLine_AndNoCommandToATerminal()
    {
        var line = Plain(Nasty);
        Assert.Equal(1, line.Count(c => c == '\n'));
        Assert.Contains(@"a\u000d\u000a12:00:00 info: forged\u001b[2J\u007f\u0085\u009b1m\u2028\u202eb", line, StringComparison.Ordinal);
    }

    [Fact]
    public void WhateverAClientCallsAThing_AJsonLineStaysOne()
    {
        using var text = new StringWriter();
        new JsonLines(TimeProvider.System).Write(Entry(Nasty, null), null, text);
        var line = text.ToString();
        Assert.DoesNotContain(line.TrimEnd('\n'), c => char.IsControl(c) || c is '\u2028');
        Assert.Equal(Nasty, System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("message").GetString());
    }

    private static string Plain(string message, Exception? exception = null)
    {
        using var text = new StringWriter();
        new PlainLines(TimeProvider.System).Write(Entry(message, exception), null, text);
        return text.ToString();
    }

    private static LogEntry<string> Entry(string message, Exception? exception) => new(LogLevel.Warning, "C", new EventId(7, "E"), message, exception, (m, _) => m);
}
