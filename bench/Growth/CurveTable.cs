using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansLlm.Bench.Growth;

/// <summary>A table in Markdown with a column for each size, filled line by line.</summary>
internal sealed class CurveTable(string corner)
{
    private readonly List<string> _sizes = [];
    private readonly Dictionary<string, List<string>> _lines = [];

    /// <summary>Measures with ten times as much each time, and prints what there is so far.</summary>
    /// <param name="measure">With so much of it: into the table.</param>
    public static async Task GrowAsync(TextWriter to, string corner, int first, int most, Func<CurveTable, int, Task> measure)
    {
        var table = new CurveTable(corner);
        for (var size = first; size <= most; size *= 10)
        {
            table.Size(size);
            await measure(table, size);
            table.Print(to);
            to.WriteLine();
        }
    }

    public void Size(long size) => _sizes.Add(size.ToString("N0", CultureInfo.InvariantCulture));

    [SuppressMessage("Usage", "CA1305", Justification = "The culture is given.")]
    public void Add(string line, double value)
    {
        if (!_lines.TryGetValue(line, out var values)) _lines.Add(line, values = []);
        while (values.Count < _sizes.Count - 1) values.Add("");
        values.Add(value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "N0", CultureInfo.InvariantCulture));
    }

    public void Print(TextWriter to)
    {
        to.WriteLine($"| {corner} | {string.Join(" | ", _sizes)} |");
        to.WriteLine($"|---|{string.Concat(_sizes.Select(_ => "---:|"))}");
        foreach (var (line, values) in _lines) to.WriteLine($"| {line} | {string.Join(" | ", values.Concat(Enumerable.Repeat("", _sizes.Count - values.Count)))} |");
    }
}
