using Microsoft.Extensions.Logging;
using OrleansLlm.Inference;
using OrleansLlm.Support;
using OrleansLlm.Telemetry.Logs;

namespace OrleansLlm.Tests.Observability;

/// <summary>When a request's line is handed on; what stands in it is for <see cref="RequestLineTests"/>.</summary>
public sealed class RequestLogTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Lines _lines = new();
    private readonly LoggerFactory _loggers;
    private readonly RequestLog _log;

    public RequestLogTests()
    {
        _loggers = new LoggerFactory([_lines]);
        _log = new RequestLog(_loggers, _time);
    }

    [Fact]
    public void TheLinesOfABreath_AreHandedOnTogether_InTheirOrder()
    {
        _log.Ended(Reports.Success());
        _log.Ended(Reports.Failure());
        Assert.Empty(_lines.All);
        _time.Advance(RequestLog.Breath);
        Assert.Equal([LogLevel.Information, LogLevel.Warning], _lines.All);
        Assert.Equal(0, _time.ArmedTimers);
        _log.Ended(Reports.Failure(kind: FailureKind.Cancelled, status: null));
        _time.Advance(RequestLog.Breath);
        Assert.Equal([LogLevel.Information, LogLevel.Warning, LogLevel.Information], _lines.All);
    }

    [Fact]
    public void MoreThanMayWait_GoesOnAtOnce()
    {
        for (var i = 1; i < RequestLog.MaxHeld; i++) _log.Ended(Reports.Success());
        Assert.Empty(_lines.All);
        _log.Ended(Reports.Success());
        Assert.Equal(RequestLog.MaxHeld, _lines.All.Count);
        _time.Advance(RequestLog.Breath);
        Assert.Equal(RequestLog.MaxHeld, _lines.All.Count);
    }

    [Fact]
    public void AStop_HandsOnWhatWaits_AndLosesNothingAfterIt()
    {
        _log.Ended(Reports.Success());
        _log.Dispose();
        Assert.Single(_lines.All);
        _log.Ended(Reports.Failure());
        Assert.Equal(2, _lines.All.Count);
        Assert.Equal(0, _time.ArmedTimers);
    }

    /// <summary>Its timer has nobody behind it who would catch that: it would end the process.</summary>
    [Fact]
    public void ALineThatFails_IsToldByAnother_AndTheNextOnesFollow()
    {
        _lines.FailOnce = true;
        _log.Ended(Reports.Success());
        _log.Ended(Reports.Success());
        _time.Advance(RequestLog.Breath);
        Assert.Equal([LogLevel.Error, LogLevel.Information], _lines.All);
    }

    public void Dispose()
    {
        _log.Dispose();
        _loggers.Dispose();
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public List<LogLevel> All { get; } = [];

        public bool FailOnce { get; set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (FailOnce)
            {
                FailOnce = false;
                throw new InvalidOperationException("no line");
            }

            All.Add(logLevel);
        }

        public void Dispose()
        {
        }
    }
}
