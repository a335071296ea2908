using System.Buffers;
using System.Globalization;
using System.Text;

namespace OrleansLlm.Telemetry.Prometheus;

/// <summary>Prometheus' text format, version 0.0.4. A metric without series shows its help and type all the same.</summary>
internal sealed class ExpositionText(IBufferWriter<byte> output)
{
    private readonly StringBuilder _text = new();

    /// <summary>One for all pieces: the text may be cut within a character.</summary>
    private readonly Encoder _encoder = Encoding.UTF8.GetEncoder();

    public void Write(MetricDefinition definition, IReadOnlyList<SeriesCopy> series)
    {
        var name = PrometheusNames.Of(definition);
        var kind = definition.Kind.ToString().ToLowerInvariant();
        _text.Append("# HELP ").Append(name).Append(' ').Append(Escape(definition.Help, quotes: false)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');
        foreach (var one in series)
        {
            if (definition.Kind == MetricKind.Histogram) WriteHistogram(name, definition, one);
            else WriteLine(name, definition, one.Values, null, one.Value);
        }

        if (_text.Length > 32 * 1024) Flush();
    }

    public void Flush()
    {
        foreach (var chunk in _text.GetChunks()) _encoder.Convert(chunk.Span, output, flush: false, out _, out _);
        _text.Clear();
    }

    private void WriteHistogram(string name, MetricDefinition definition, SeriesCopy series)
    {
        var upTo = 0L;
        var inBucket = series.InBucket.Span;
        for (var i = 0; i < inBucket.Length; i++)
        {
            upTo += inBucket[i];
            WriteLine(name + "_bucket", definition, series.Values, i < definition.Buckets.Length ? Number(definition.Buckets[i]) : "+Inf", upTo);
        }

        WriteLine(name + "_sum", definition, series.Values, null, series.Value);
        WriteLine(name + "_count", definition, series.Values, null, series.Count);
    }

    /// <param name="bound">The bucket's; null: none.</param>
    private void WriteLine(string name, MetricDefinition definition, string[] values, string? bound, double value)
    {
        _text.Append(name);
        var open = '{';
        for (var i = 0; i < values.Length; i++)
        {
            // To Prometheus an empty label is one that is not there.
            if (values[i].Length == 0) continue;
            WriteLabel(ref open, PrometheusNames.Of(definition.Labels[i]), values[i]);
        }

        if (bound is not null) WriteLabel(ref open, "le", bound);
        if (open == ',') _text.Append('}');
        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    private void WriteLabel(ref char open, string name, string value)
    {
        _text.Append(open).Append(name).Append("=\"").Append(Escape(value, quotes: true)).Append('"');
        open = ',';
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string text, bool quotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') < 0) return text;
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
