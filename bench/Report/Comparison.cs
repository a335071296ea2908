using System.Globalization;

namespace OrleansLlm.Bench.Report;

/// <summary><c>bench compare A.json B.json</c>: each figure of B beside A's.</summary>
internal static class Comparison
{
    public static void Print(TextWriter to, BenchReport before, BenchReport after)
    {
        if (before.Machine != after.Machine) to.WriteLine($"Different machines: {before.Machine}\n                    {after.Machine}\nCompare what stands beside nginx or direct, not the absolute figures.");
        foreach (var cell in after.Cells)
        {
            if (before.Cells.FirstOrDefault(c => (c.Scenario, c.Cell) == (cell.Scenario, cell.Cell)) is not { } earlier) continue;
            foreach (var target in cell.Targets)
            {
                if (earlier.Targets.FirstOrDefault(t => t.Target == target.Target) is { } same) Print(to, $"{cell.Scenario}: {cell.Cell}: {target.Target}", same, target);
            }
        }
    }

    private static void Print(TextWriter to, string title, TargetReport before, TargetReport after)
    {
        to.WriteLine();
        to.WriteLine($"{title,-44}{"before",14}{"after",14}{"ratio",10}{"rounds apart",14}");
        foreach (var figure in Figure.All)
        {
            if (!before.Figures.TryGetValue(figure.Name, out var was) || !after.Figures.TryGetValue(figure.Name, out var now)) continue;
            var ratio = was == 0 ? (now == 0 ? "1.00" : "–") : (now / was).ToString("0.00", CultureInfo.InvariantCulture);
            to.WriteLine($"  {figure.Title,-42}{Table.Short(was),14}{Table.Short(now),14}{ratio,10}{(Apart(before.Rounds[figure.Name], after.Rounds[figure.Name]) ? "yes" : "no"),14}");
        }
    }

    /// <summary>No round of one lies among those of the other: what differs is not noise alone.</summary>
    private static bool Apart(double[] a, double[] b) => a.Max() < b.Min() || b.Max() < a.Min();
}
