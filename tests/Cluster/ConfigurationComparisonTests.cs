using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Support;
using OrleansLlm.Telemetry;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A node that joins with another configuration does so, and is told of.</summary>
public class ConfigurationComparisonTests
{
    [Fact]
    public async Task ANodeOfAnotherCluster_IsNamedByTheOthers_WithWhatDiffers()
    {
        await using var ollama = await Setup.OllamaAsync();
        var yaml = Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama));
        await using var cluster = await GatewayCluster.StartAsync(yaml);
        var time = new ManualTime();
        using var metrics = new GatewayMetrics();
        var log = new Log();
        ConfigurationComparison Node(string name, string text) => new(cluster.Silos.Client, new LiveCatalog(text, _ => null), new NodeName(name), metrics, time, log);
        using var production = Node("production", yaml);
        using var same = Node("same", yaml);
        using var staging = Node("staging", yaml + "general_settings: {master_key: sk-the-key-of-staging-1}\n");
        foreach (var node in (ConfigurationComparison[])[production, same, staging]) await node.StartAsync(CancellationToken.None);
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return log.Lines.Count(l => l.Contains("Node staging of this cluster", StringComparison.Ordinal)) == 2;
            },
            "both others tell of it");
        Assert.Contains(log.Lines, l => l.Contains("master key", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, l => l.Contains("sk-the-key", StringComparison.Ordinal));
        foreach (var node in (ConfigurationComparison[])[production, same, staging]) await node.StopAsync(CancellationToken.None);
    }

    private sealed class Log : ILogger<ConfigurationComparison>
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
