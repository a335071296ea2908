using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace OrleansLlm.Telemetry.Logs;

/// <summary><c>json_logs</c>: each line of the console is a JSON object with its time, level and category; that of a request has fields of its own.</summary>
internal sealed class JsonLines(TimeProvider time) : ConsoleFormatter(FormatName)
{
    public const string FormatName = "orleansllm-json";

    /// <summary>Longer lines, as of an exception, have a buffer of their own.</summary>
    private const int MaxKept = 16 * 1024;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Line, Utf8JsonWriter Json)? t_kept;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        // Taken while it is used: what is logged may log something itself when it is asked for its text.
        var (line, json) = t_kept ?? New();
        t_kept = null;
        if (logEntry.State is RequestReport report) RequestLine.WriteJson(json, report, NameOf(logEntry.LogLevel));
        else WriteEvent(json, logEntry);
        json.Flush();
        WriteLine(line.WrittenSpan, textWriter);
        if (line.Capacity > MaxKept) return;
        line.ResetWrittenCount();
        json.Reset();
        t_kept = (line, json);
    }

    private static (ArrayBufferWriter<byte> Line, Utf8JsonWriter Json) New()
    {
        var line = new ArrayBufferWriter<byte>(1024);
        return (line, new Utf8JsonWriter(line, Relaxed));
    }

    private static void WriteLine(ReadOnlySpan<byte> line, TextWriter to)
    {
        var characters = ArrayPool<char>.Shared.Rent(line.Length);
        to.WriteLine(characters, 0, Encoding.UTF8.GetChars(line, characters));
        ArrayPool<char>.Shared.Return(characters);
    }

    private void WriteEvent<TState>(Utf8JsonWriter json, in LogEntry<TState> entry)
    {
        json.WriteStartObject();
        json.WriteString("timestamp", time.GetUtcNow().UtcDateTime);
        json.WriteString("level", NameOf(entry.LogLevel));
        json.WriteString("category", entry.Category);
        if (entry.EventId.Name is { } name) json.WriteString("event", name);
        json.WriteString("message", entry.Formatter(entry.State, entry.Exception));
        if (entry.State is IReadOnlyList<KeyValuePair<string, object?>> { Count: > 1 } values)
        {
            json.WriteStartObject("fields");
            foreach (var (key, value) in values)
            {
                if (key != "{OriginalFormat}" && value is not null) json.WriteString(JsonNamingPolicy.SnakeCaseLower.ConvertName(key), value.ToString());
            }

            json.WriteEndObject();
        }

        if (entry.Exception is { } exception) json.WriteString("exception", exception.ToString());
        json.WriteEndObject();
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        LogLevel.Critical => "critical",
        _ => "info",
    };
}
