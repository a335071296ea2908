using System.Collections.Immutable;

namespace OrleansLlm.Telemetry;

/// <summary>One metric as it is declared. docs/observability.md lists them all, and a test holds it to that.</summary>
/// <param name="Name">
/// Of the instrument. LiteLLM's name where it has one; a name with dots is OpenTelemetry's and is shown to Prometheus with underscores and its unit.
/// </param>
/// <param name="Unit">UCUM: <c>s</c>, <c>By</c>, <c>{token}</c>… Empty: a plain number.</param>
/// <param name="Labels">In the order in which their values are given.</param>
public sealed record MetricDefinition(string Name, MetricKind Kind, string Unit, string Help, ImmutableArray<string> Labels)
{
    /// <summary>Upper bounds of a histogram's buckets, without the last, infinite one.</summary>
    public ImmutableArray<double> Buckets { get; init; } = [];

    /// <summary>Asked anew each time somebody looks; else it is told of each change.</summary>
    public bool Observed { get; init; }
}

public enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}
