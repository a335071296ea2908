using Microsoft.Extensions.Logging;

namespace OrleansLlm.Telemetry.Logs;

/// <summary>One line for each request that has ended, in a category of its own: readable, or with <c>json_logs</c> a JSON object.</summary>
internal sealed class RequestLog(ILoggerFactory loggers) : IRequestObserver
{
    public const string Category = "OrleansLlm.Requests";

    private static readonly EventId Event = new(6101, "Request");

    private readonly ILogger _logger = loggers.CreateLogger(Category);

    public void Ended(RequestReport report) => _logger.Log(
        report.IsSuccess || report.Failure == OrleansLlm.Inference.FailureKind.Cancelled ? LogLevel.Information : LogLevel.Warning,
        Event, report, exception: null, static (r, _) => RequestLine.Readable(r));
}
