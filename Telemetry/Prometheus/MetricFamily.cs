using System.Runtime.InteropServices;

namespace OrleansLlm.Telemetry.Prometheus;

/// <summary>
/// All series of one metric, bounded twice: each label has so many values, and the family so many series. A value that comes later is
/// <c>other</c>, a series that comes later is the one in which every label is. Of what is so at this moment later ones are left out: it is no sum.
/// </summary>
internal sealed class MetricFamily(MetricDefinition definition, SeriesLimits limits)
{
    public const string Other = "other";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly RecentSeries _recent = new();
    private readonly int _buckets = definition.Kind == MetricKind.Histogram ? definition.Buckets.Length + 1 : 0;
    private readonly HashSet<string>[] _known = [.. definition.Labels.Select(_ => new HashSet<string>(StringComparer.Ordinal))];

    public MetricDefinition Definition => definition;

    public void Measure(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_gate)
        {
            if ((_recent.Find(tags) ?? _recent.Keep(tags, Find(tags))) is not { } series) return;
            switch (definition.Kind)
            {
                case MetricKind.Counter:
                    series.Add(value);
                    break;
                case MetricKind.Gauge:
                    series.Set(value);
                    break;
                default:
                    series.Record(value, BucketOf(value));
                    break;
            }
        }
    }

    /// <summary>What is observed anew each time counts from nothing.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _series.Clear();
            foreach (var known in _known) known.Clear();
            _recent.Clear();
        }
    }

    public void CopyTo(SeriesCopies copies)
    {
        lock (_gate) copies.Take(_series.Values, _buckets);
    }

    private Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var values = new string[definition.Labels.Length];
        var fits = true;
        for (var i = 0; i < values.Length; i++) values[i] = Bounded(i, ValueOf(definition.Labels[i], tags), ref fits);
        var key = string.Join('\u001f', values);
        if (_series.TryGetValue(key, out var known)) return known;
        fits &= _series.Count < limits.MaxSeries || values.Length == 0;
        if (!fits && definition.Kind == MetricKind.Gauge) return null;
        if (_series.Count >= limits.MaxSeries && values.Length > 0)
        {
            Array.Fill(values, Other);
            key = string.Join('\u001f', values);
        }

        ref var series = ref CollectionsMarshal.GetValueRefOrAddDefault(_series, key, out _);
        return series ??= new Series(values, _buckets);
    }

    private string Bounded(int label, string value, ref bool fits)
    {
        if (value.Length == 0) return value;
        if (value.Length > limits.MaxValueLength) value = value[..EndOf(value, limits.MaxValueLength)];
        var known = _known[label];
        if (known.Contains(value)) return value;
        if (known.Count < limits.MaxValues && known.Add(value)) return value;
        fits = false;
        return Other;
    }

    /// <summary>Not within a character.</summary>
    private static int EndOf(string value, int length) => char.IsHighSurrogate(value[length - 1]) ? length - 1 : length;

    private static string ValueOf(string label, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
        {
            if (name == label) return value as string ?? value?.ToString() ?? "";
        }

        return "";
    }

    private int BucketOf(double value)
    {
        var at = definition.Buckets.AsSpan().BinarySearch(value);
        return at < 0 ? ~at : at;
    }
}

/// <param name="MaxSeries">Of one metric, without the one of the rest.</param>
/// <param name="MaxValues">Different values of one label of one metric.</param>
/// <param name="MaxValueLength">Characters kept of a value.</param>
internal sealed record SeriesLimits(int MaxSeries, int MaxValues, int MaxValueLength = 200);
