using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>What the gateway logs at error level or above: nothing that a client or an upstream sends may bring that about.</summary>
internal sealed class ErrorLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(string Text, string Kind)> _lines = new();

    /// <summary>Takes what has come since, each with the kind that makes two of them one finding.</summary>
    public List<(string Text, string Kind)> Take()
    {
        var taken = new List<(string, string)>();
        while (_lines.TryDequeue(out var line)) taken.Add(line);
        return taken;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel < LogLevel.Error) return;
        var text = formatter(state, exception);
        _lines.Enqueue(($"{text} {exception}", $"logged {eventId.Name ?? text}: {(exception is null ? text : Found.Of(exception))}"));
    }

    public void Dispose()
    {
    }
}
