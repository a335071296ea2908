using System.Globalization;
using System.Text;

namespace OrleansLlm.Support;

/// <summary>Reads Prometheus' text format 0.0.4, and refuses whatever Prometheus would, or would take for something else.</summary>
public sealed class PrometheusText
{
    private readonly Dictionary<string, (string Help, string Type)> _metrics = new(StringComparer.Ordinal);
    private readonly List<Sample> _samples = [];

    private PrometheusText()
    {
    }

    /// <summary>Names of metrics with their types, as their TYPE lines have them.</summary>
    public IReadOnlyDictionary<string, string> Types => _metrics.ToDictionary(m => m.Key, m => m.Value.Type, StringComparer.Ordinal);

    public IReadOnlyList<Sample> Samples => _samples;

    /// <summary>The value of one series; 0 when there is none.</summary>
    public double this[string name, params (string Name, string Value)[] labels] =>
        _samples.Where(s => s.Name == name && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value)).Sum(s => s.Value);

    /// <exception cref="FormatException">It is no such text.</exception>
    public static PrometheusText Parse(string text)
    {
        var parsed = new PrometheusText();
        if (text.Length > 0 && text[^1] != '\n') throw new FormatException("The last line does not end.");
        string? family = null;
        foreach (var line in text.Split('\n')[..^1]) family = parsed.ReadLine(line, family);
        parsed.CheckHistograms();
        return parsed;
    }

    private string ReadLine(string line, string? family)
    {
        if (line.StartsWith("# HELP ", StringComparison.Ordinal))
        {
            var parts = line[7..].Split(' ', 2);
            CheckName(parts[0], colons: true);
            if (!_metrics.TryAdd(parts[0], (parts[1], ""))) throw new FormatException($"{parts[0]} is described twice.");
            return parts[0];
        }

        if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
        {
            var parts = line[7..].Split(' ');
            if (parts.Length != 2 || parts[0] != family || parts[1] is not ("counter" or "gauge" or "histogram")) throw new FormatException($"A TYPE line of its own: {line}");
            _metrics[family] = (_metrics[family].Help, parts[1]);
            return family;
        }

        var sample = ReadSample(line);
        var (own, type) = (family ?? throw new FormatException("A sample without a TYPE."), _metrics[family].Type);
        string[] names = type == "histogram" ? [own + "_bucket", own + "_sum", own + "_count"] : [own];
        if (!names.Contains(sample.Name)) throw new FormatException($"{sample.Name} stands under {own}.");
        if (type == "counter" && (!own.EndsWith("_total", StringComparison.Ordinal) || sample.Value < 0)) throw new FormatException($"{own} is no counter.");
        if (_samples.Any(s => s.Name == sample.Name && s.Key == sample.Key)) throw new FormatException($"Twice: {line}");
        _samples.Add(sample);
        return own;
    }

    private static Sample ReadSample(string line)
    {
        var at = line.AsSpan().IndexOfAny('{', ' ');
        if (at <= 0) throw new FormatException($"No sample: {line}");
        var name = line[..at];
        CheckName(name, colons: true);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (line[at] == '{')
        {
            at++;
            while (true)
            {
                var equals = line.IndexOf('=', at);
                var label = line[at..equals];
                CheckName(label, colons: false);
                if (line[equals + 1] != '"') throw new FormatException($"A value without quotes: {line}");
                (var value, at) = ReadValue(line, equals + 2);
                if (!labels.TryAdd(label, value)) throw new FormatException($"The label {label} twice: {line}");
                if (line[at] == '}') break;
                if (line[at] != ',') throw new FormatException($"Neither comma nor brace: {line}");
                at++;
            }

            at++;
        }

        if (line[at] != ' ') throw new FormatException($"No space before the value: {line}");
        var number = line[(at + 1)..] switch { "+Inf" => double.PositiveInfinity, "-Inf" => double.NegativeInfinity, var n => double.Parse(n, NumberStyles.Float, CultureInfo.InvariantCulture) };
        return new Sample(name, labels, number);
    }

    private static (string Value, int End) ReadValue(string line, int at)
    {
        var value = new StringBuilder();
        for (; line[at] != '"'; at++)
        {
            if (line[at] != '\\')
            {
                value.Append(line[at]);
                continue;
            }

            value.Append(line[++at] switch { '\\' => '\\', 'n' => '\n', '"' => '"', _ => throw new FormatException($"An unknown escape: {line}") });
        }

        return (value.ToString(), at + 1);
    }

    /// <summary>Buckets only grow, and the infinite one is the count.</summary>
    private void CheckHistograms()
    {
        foreach (var (name, _) in _metrics.Where(m => m.Value.Type == "histogram"))
        {
            foreach (var series in _samples.Where(s => s.Name == name + "_bucket").GroupBy(s => s.KeyWithout("le")))
            {
                var counts = series.Select(s => s.Value).ToList();
                if (!counts.SequenceEqual(counts.Order()) || series.Last().Labels["le"] != "+Inf") throw new FormatException($"The buckets of {name} are out of order.");
                var count = _samples.Single(s => s.Name == name + "_count" && s.Key == series.Key).Value;
                if (counts[^1] != count) throw new FormatException($"{name} has {count} measurements and {counts[^1]} in its buckets.");
            }
        }
    }

    private static void CheckName(string name, bool colons)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (colons && c == ':'))) throw new FormatException($"No name: {name}");
    }

    public sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
    {
        public string Key => KeyWithout("");

        public string KeyWithout(string label) => string.Join('\u001f', Labels.Where(l => l.Key != label).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
    }
}
