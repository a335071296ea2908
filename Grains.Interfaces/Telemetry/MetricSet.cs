using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace OrleansLlm.Telemetry;

/// <summary>Declares metrics: each becomes an instrument of the process's one meter, and a line in <see cref="Definitions"/>.</summary>
public sealed class MetricSet(Meter meter)
{
    private readonly Dictionary<string, MetricDefinition> _definitions = new(StringComparer.Ordinal);

    /// <summary>By the names of the instruments.</summary>
    public IReadOnlyDictionary<string, MetricDefinition> Definitions => _definitions;

    internal CounterMetric Counter(string name, string unit, string help, params string[] labels)
    {
        Declare(new MetricDefinition(name, MetricKind.Counter, unit, help, [.. labels]));
        return new CounterMetric(meter.CreateCounter<double>(name, unit, help), [.. labels]);
    }

    internal HistogramMetric Histogram(string name, string unit, string help, ImmutableArray<double> buckets, params string[] labels)
    {
        Declare(new MetricDefinition(name, MetricKind.Histogram, unit, help, [.. labels]) { Buckets = buckets });
        var advice = new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets };
        return new HistogramMetric(meter.CreateHistogram<double>(name, unit, help, tags: null, advice), [.. labels]);
    }

    internal GaugeMetric Gauge(string name, string unit, string help, params string[] labels)
    {
        Declare(new MetricDefinition(name, MetricKind.Gauge, unit, help, [.. labels]) { Observed = true });
        var gauge = new GaugeMetric([.. labels]);
        meter.CreateObservableGauge(name, gauge.Observe, unit, help);
        return gauge;
    }

    /// <summary>Asked when somebody looks.</summary>
    internal void Observed(string name, MetricKind kind, string unit, string help, Func<double> value)
    {
        Declare(new MetricDefinition(name, kind, unit, help, []) { Observed = true });
        if (kind == MetricKind.Counter) meter.CreateObservableCounter(name, value, unit, help);
        else meter.CreateObservableGauge(name, value, unit, help);
    }

    internal void Observed(string name, string help, string[] labels, Func<IEnumerable<Measurement<double>>> values)
    {
        Declare(new MetricDefinition(name, MetricKind.Gauge, "", help, [.. labels]) { Observed = true });
        meter.CreateObservableGauge(name, values, unit: "", help);
    }

    private void Declare(MetricDefinition definition) => _definitions.Add(definition.Name, definition);
}
