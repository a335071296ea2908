using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using OrleansLlm.Inference;
using OrleansLlm.Telemetry;
using OrleansLlm.Telemetry.Logs;

namespace OrleansLlm.Tests.Observability;

/// <summary>The console's lines with json_logs.</summary>
public class RequestLineTests
{
    [Fact]
    public void ASuccess_HasTheFieldsThatSeedOneLogs_AndTheRestOfItsRow()
    {
        var line = Line(Reports.Success());
        Assert.Equal("2026-01-02T03:04:06.5Z", line.GetProperty("timestamp").GetString());
        Assert.Equal(("info", "m", 1500, true), (Text("level"), Text("model"), line.GetProperty("latency_ms").GetDouble(), line.GetProperty("success").GetBoolean()));
        Assert.Equal("""{"prompt":3,"completion":5,"total":8}""", line.GetProperty("tokens").GetRawText());
        Assert.False(line.TryGetProperty("error", out _));
        Assert.Equal(("user:ada", "science", "ollama_chat/m", 0.25), (Text("user"), Text("team"), Text("upstream_model"), line.GetProperty("cost").GetDouble()));

        string Text(string name) => line.GetProperty(name).GetString()!;
    }

    [Fact]
    public void AFailure_SaysItsClass()
    {
        var line = Line(Reports.Failure());
        Assert.Equal(("warning", false, "upstream_status 500"), (line.GetProperty("level").GetString(), line.GetProperty("success").GetBoolean(), line.GetProperty("error").GetString()));
        Assert.Equal("queue_full", Line(Reports.Failure(kind: FailureKind.QueueFull, status: null)).GetProperty("error").GetString());
    }

    [Fact]
    public void EveryOtherLine_IsAnObjectToo_WithItsException()
    {
        var line = Format(new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(
            LogLevel.Error, "C", new EventId(1, "Happened"), [new("Backend", "http://a"), new("{OriginalFormat}", "x")], new InvalidOperationException("two\nlines"), (_, _) => "a \"message\"\n"));
        Assert.Equal(("error", "C", "Happened", "a \"message\"\n"), (Text("level"), Text("category"), Text("event"), Text("message")));
        Assert.Equal("""{"backend":"http://a"}""", line.GetProperty("fields").GetRawText());
        Assert.Contains("two\nlines", Text("exception"), StringComparison.Ordinal);

        string Text(string name) => line.GetProperty(name).GetString()!;
    }

    [Fact]
    public void TheConsole_WaitsForNobody()
    {
        var services = new ServiceCollection();
        services.AddLogging(l => l.AddConsoleLogs(json: true));
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<ConsoleLoggerOptions>>().Value;
        Assert.Equal((ConsoleLoggerQueueFullMode.DropWrite, JsonLines.FormatName), (options.QueueFullMode, options.FormatterName));
    }

    private static JsonElement Line(RequestReport report) => Format(new LogEntry<RequestReport>(
        report.IsSuccess ? LogLevel.Information : LogLevel.Warning, RequestLog.Category, default, report, null, (_, _) => ""));

    private static JsonElement Format<T>(LogEntry<T> entry)
    {
        using var text = new StringWriter();
        new JsonLines(TimeProvider.System).Write(entry, null, text);
        var line = text.ToString();
        Assert.Equal(1, line.Count(c => c == '\n'));
        return JsonDocument.Parse(line).RootElement;
    }
}
