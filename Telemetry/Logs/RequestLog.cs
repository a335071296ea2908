using Microsoft.Extensions.Logging;

namespace OrleansLlm.Telemetry.Logs;

/// <summary>
/// One line for each request that has ended, in a category of its own: readable, or with <c>json_logs</c> a JSON object. Those of one breath are
/// handed on together: each by itself would wake the console's thread, which was a sixth of what a whole answer costs.
/// </summary>
internal sealed partial class RequestLog : IRequestObserver, IDisposable
{
    public const string Category = "OrleansLlm.Requests";

    /// <summary>What may wait. With more, a request hands them on in its own time.</summary>
    internal const int MaxHeld = 1_000;

    internal static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    private static readonly EventId Event = new(6101, "Request");

    private readonly Lock _gate = new();
    private readonly ILogger _lines;
    private readonly ILogger<RequestLog> _logger;
    private readonly ITimer _timer;
    private List<RequestReport> _held = [];
    private bool _closed;

    public RequestLog(ILoggerFactory loggers, TimeProvider time)
    {
        _lines = loggers.CreateLogger(Category);
        _logger = loggers.CreateLogger<RequestLog>();
        _timer = time.CreateTimer(static log => ((RequestLog)log!).HandOn(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Ended(RequestReport report)
    {
        bool isFull;
        lock (_gate)
        {
            _held.Add(report);
            if (_held.Count == 1 && !_closed) _timer.Change(Breath, Timeout.InfiniteTimeSpan);
            isFull = _closed || _held.Count >= MaxHeld;
        }

        if (isFull) HandOn();
    }

    public void Dispose()
    {
        lock (_gate) _closed = true;
        _timer.Dispose();
        HandOn();
    }

    private void HandOn()
    {
        List<RequestReport> held;
        lock (_gate) (held, _held) = (_held, []);
        foreach (var report in held)
        {
            try
            {
                _lines.Log(
                    report.IsSuccess || report.Failure == OrleansLlm.Inference.FailureKind.Cancelled ? LogLevel.Information : LogLevel.Warning,
                    Event, report, exception: null, static (r, _) => RequestLine.Readable(r));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogFailed(_logger, report.Row.RequestId, e);
            }
        }
    }

    [LoggerMessage(EventId = 6102, EventName = "LineFailed", Level = LogLevel.Error, Message = "Request {RequestId} could not be given its line")]
    private static partial void LogFailed(ILogger logger, string requestId, Exception exception);
}
