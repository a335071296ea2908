using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Every line that a gateway logs, as text, its exceptions with it.</summary>
internal sealed class CapturedLogs : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(string Event, string Text)> _lines = new();

    public string All => string.Join('\n', _lines.Select(l => l.Text));

    public IReadOnlyList<string> Of(string eventName) => [.. _lines.Where(l => l.Event == eventName).Select(l => l.Text)];

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Name ?? "", $"{formatter(state, exception)} {exception}"));

    public void Dispose()
    {
    }
}
