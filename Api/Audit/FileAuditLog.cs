using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Audit;

/// <summary>
/// JSON lines in <c>audit.log</c>, and of those who were not let in in <c>logins.log</c>: whoever guesses at keys must not push out what
/// administrators did. Every change is a line of the ordinary log as well.
/// </summary>
internal sealed partial class FileAuditLog : IAuditLog, IDisposable
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();
    private readonly ICatalog _catalog;
    private readonly TimeProvider _time;
    private readonly ILogger<FileAuditLog> _logger;
    private readonly string? _folder;

    /// <summary>Claimed with the first line; null: not yet.</summary>
    private AuditFiles? _files;

    public FileAuditLog(AuditFolder folder, ICatalog catalog, TimeProvider time, ILogger<FileAuditLog> logger)
    {
        (_catalog, _time, _logger) = (catalog, time, logger);
        if ((catalog.Current.Settings.Audit.Folder ?? folder.Path) is { } path) _folder = Path.GetFullPath(path);
    }

    public void Write(AuditEntry entry)
    {
        var isLogin = entry.Action == AuditEntry.Login;
        if (isLogin) LogLogin(entry.Who, entry.Target, entry.From, entry.Outcome);
        else LogChange(entry.Action, entry.Target, entry.Who, entry.From, entry.Outcome);
        if (_folder is null) return;
        var options = _catalog.Current.Settings.Audit;
        try
        {
            lock (_gate)
            {
                var files = _files ??= AuditFiles.Claim(_folder);
                var file = isLogin ? files.Logins : files.Changes;
                var before = file.NotRotated?.Message;
                file.Append(Line(entry, _time.GetUtcNow()), options.MaxBytes, options.Files);
                if (file.NotRotated is { } why && why.Message != before) LogNotRotated(why);
            }
        }
        // What it is about has been done: whatever becomes of the line, that is answered.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogNotWritten(entry.Action, e);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _files?.Dispose();
            _files = null;
        }
    }

    private static ReadOnlySpan<byte> Line(AuditEntry entry, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("time", now);
            json.WriteString("action", entry.Action);
            json.WriteString("who", entry.Who);
            json.WriteString("target", entry.Target);
            json.WriteString("from", entry.From);
            json.WriteString("outcome", entry.Outcome);
            json.WriteString("request_id", entry.RequestId);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }

    [LoggerMessage(EventId = 3301, EventName = "AdminChange", Level = LogLevel.Information, Message = "{Action} {Target} by {Who} from {From}: {Outcome}")]
    private partial void LogChange(string action, string target, string who, string from, string outcome);

    [LoggerMessage(EventId = 3302, EventName = "LoginRefused", Level = LogLevel.Debug, Message = "Login by {Who} to {Target} from {From}: {Outcome}")]
    private partial void LogLogin(string who, string target, string from, string outcome);

    [LoggerMessage(EventId = 3303, EventName = "AuditNotWritten", Level = LogLevel.Error, Message = "The audit line of a {Action} could not be written to its file")]
    private partial void LogNotWritten(string action, Exception exception);

    [LoggerMessage(EventId = 3304, EventName = "AuditNotRotated", Level = LogLevel.Warning, Message = "A full audit file cannot be moved away, and grows to twice its size until it can; lines beyond that are lost")]
    private partial void LogNotRotated(Exception exception);
}
