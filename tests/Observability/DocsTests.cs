using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Telemetry;
using OrleansLlm.Telemetry.Logs;
using OrleansLlm.Telemetry.Prometheus;

namespace OrleansLlm.Tests.Observability;

/// <summary>docs/observability.md says what is so.</summary>
public class DocsTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(
        typeof(DocsTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!, "docs", "observability.md"));

    [Fact]
    public void TheTableOfMetrics_IsThatOfTheGateway()
    {
        using var metrics = new GatewayMetrics();
        var rows = metrics.Definitions.Values.Select(d =>
            $"| `{PrometheusNames.Of(d)}` | {d.Kind.ToString().ToLowerInvariant()}{(d.Unit.Length > 0 ? $", {d.Unit.Trim('{', '}')}" : "")} | {string.Join(", ", d.Labels.Select(PrometheusNames.Of))} | {d.Help} |");
        Assert.Equal(string.Join('\n', rows), string.Join('\n', Table("## Metrics")));
    }

    [Fact]
    public void TheTableOfLogFields_IsThatOfTheLine()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            var full = Reports.Failure() with { TraceId = "t", SpanId = "s" };
            RequestLine.WriteJson(json, full with { Row = full.Row with { KeyAlias = "a", Cost = 1 } }, "info");
        }

        var fields = JsonNode.Parse(stream.ToArray())!.AsObject().Select(f => f.Key);
        Assert.Equal(fields, Table("## The log").Select(row => row.Split('`')[1]));
    }

    private static IEnumerable<string> Table(string heading)
    {
        var at = Text.IndexOf("\n" + heading, StringComparison.Ordinal);
        Assert.True(at >= 0, heading);
        return Text[(at + heading.Length)..].Split('\n').SkipWhile(l => !l.StartsWith("|--", StringComparison.Ordinal)).Skip(1).TakeWhile(l => l.StartsWith('|'));
    }
}
