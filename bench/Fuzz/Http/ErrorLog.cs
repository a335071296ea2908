using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>What the gateway logs at error level or above: nothing that a client or an upstream sends may bring that about.</summary>
internal sealed class ErrorLog : ILoggerProvider, ILogger
{
    /// <summary>An upstream that answers 401 is told to the operator at this level: that is no fault.</summary>
    private const string ForTheOperator = "KeyRefused";

    private readonly ConcurrentQueue<(string Text, string Kind)> _lines = new();

    /// <summary>Takes the lines of one request, each with the kind that makes two of them one finding.</summary>
    /// <param name="requestId">Null: all that are left.</param>
    public List<(string Text, string Kind)> Take(string? requestId)
    {
        var taken = new List<(string, string)>();
        for (var left = _lines.Count; left > 0 && _lines.TryDequeue(out var line); left--)
        {
            if (requestId is null || line.Text.Contains(requestId, StringComparison.Ordinal)) taken.Add(line);
            else _lines.Enqueue(line);
        }

        return taken;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel < LogLevel.Error || eventId.Name == ForTheOperator) return;
        var text = formatter(state, exception);
        _lines.Enqueue(($"{text} {exception}", $"logged {eventId.Name ?? text}: {(exception is null ? text : Found.Of(exception))}"));
    }

    public void Dispose()
    {
    }
}
