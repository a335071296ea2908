using System.Globalization;

namespace OrleansLlm.Bench.Report;

/// <summary>A load as people read it: a line for each figure, a column for each target.</summary>
internal static class Table
{
    public static void Print(TextWriter to, CellReport cell)
    {
        to.WriteLine();
        to.WriteLine($"{cell.Scenario}: {cell.Cell}");
        to.WriteLine($"{"",-32}{string.Concat(cell.Targets.Select(t => $"{t.Target,14}"))}");
        foreach (var figure in Figure.All.Where(f => cell.Targets.Any(t => t.Figures.ContainsKey(f.Name))))
        {
            to.WriteLine($"  {figure.Title,-30}{string.Concat(cell.Targets.Select(t => $"{(t.Figures.TryGetValue(figure.Name, out var value) ? Short(value) : "–"),14}"))}");
        }

        foreach (var target in cell.Targets)
        {
            foreach (var (what, count) in target.Failures) to.WriteLine($"  {target.Target}: {count} times {what}");
        }
    }

    /// <summary>Three digits that matter.</summary>
    public static string Short(double value) => value.ToString(
        Math.Abs(value) switch { 0 => "0", < 1 => "0.000", < 10 => "0.00", < 100 => "0.0", _ => "#,0" }, CultureInfo.InvariantCulture);
}
