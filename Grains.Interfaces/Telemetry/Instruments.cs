using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansLlm.Telemetry;

/// <summary>Something that only grows. Values of labels are given in their declared order; null: it has none.</summary>
public sealed class CounterMetric(Counter<double> counter, ImmutableArray<string> labels)
{
    public void Add(double amount, params ReadOnlySpan<string?> values)
    {
        if (counter.Enabled && amount != 0) counter.Add(amount, MetricTags.Of(labels, values));
    }

    /// <summary>Shows it at 0: whoever asks by how much it has grown does not see the first increase of what was not there before.</summary>
    public void Begin(params ReadOnlySpan<string?> values)
    {
        if (counter.Enabled) counter.Add(0, MetricTags.Of(labels, values));
    }
}

/// <summary>A distribution. Labels as those of <see cref="CounterMetric"/>.</summary>
public sealed class HistogramMetric(Histogram<double> histogram, ImmutableArray<string> labels)
{
    public void Record(double value, params ReadOnlySpan<string?> values)
    {
        if (histogram.Enabled) histogram.Record(value, MetricTags.Of(labels, values));
    }
}

/// <summary>
/// What is so at this moment. Its series are those that their owners have set and not removed: an owner that goes takes its series with it.
/// </summary>
public sealed class GaugeMetric(ImmutableArray<string> labels)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (TagList Tags, double Value)> _series = new(StringComparer.Ordinal);

    public void Set(double value, params ReadOnlySpan<string?> values)
    {
        lock (_gate) _series[Key(values)] = (MetricTags.Of(labels, values), value);
    }

    public void Add(double amount, params ReadOnlySpan<string?> values)
    {
        var key = Key(values);
        lock (_gate) _series[key] = (MetricTags.Of(labels, values), amount + (_series.TryGetValue(key, out var now) ? now.Value : 0));
    }

    public void Remove(params ReadOnlySpan<string?> values)
    {
        lock (_gate) _series.Remove(Key(values));
    }

    internal IEnumerable<Measurement<double>> Observe()
    {
        lock (_gate) return _series.Values.Select(s => new Measurement<double>(s.Value, s.Tags)).ToList();
    }

    private static string Key(ReadOnlySpan<string?> values) => string.Join('\u001f', values);
}

internal static class MetricTags
{
    public static TagList Of(ImmutableArray<string> labels, ReadOnlySpan<string?> values)
    {
        if (labels.Length != values.Length) throw new ArgumentException($"{labels.Length} labels have {values.Length} values.", nameof(values));
        var tags = default(TagList);
        for (var i = 0; i < labels.Length; i++)
        {
            if (!string.IsNullOrEmpty(values[i])) tags.Add(labels[i], values[i]);
        }

        return tags;
    }
}
