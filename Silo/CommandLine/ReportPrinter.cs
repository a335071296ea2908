using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Silo.CommandLine;

/// <summary>A <see cref="ConfigReport"/> as aligned lines: line number, key, what became of it.</summary>
internal static class ReportPrinter
{
    private const int WidestPath = 56;
    private const int NarrowestLine = 9;

    public static void Print(ConfigReport report, TextWriter output, Func<ConfigFinding, bool>? only = null)
    {
        var findings = report.Findings.Where(only ?? (_ => true)).ToList();
        var width = Math.Min(WidestPath, findings.Select(f => f.Path.Length).DefaultIfEmpty().Max());
        var widthOfLine = Math.Max(NarrowestLine, findings.Select(f => At(f).Length).DefaultIfEmpty().Max());
        foreach (var finding in findings)
        {
            output.WriteLine($"{At(finding).PadRight(widthOfLine)} {finding.Path.PadRight(width)}  {Describe(finding)}");
        }
    }

    private static string At(ConfigFinding finding) => (finding.File is null ? "" : $"{finding.File} ") + (finding.Line > 0 ? $"line {finding.Line}" : "");

    private static string Describe(ConfigFinding finding) => finding.Kind switch
    {
        FindingKind.Honoured => finding.Text is null ? "honoured" : $"honoured: {finding.Text}",
        FindingKind.Translated => $"translated: {finding.Text}",
        FindingKind.Ignored => $"ignored: {finding.Text}",
        FindingKind.LeftOut => $"left out: {finding.Text}",
        FindingKind.Warning => $"warning: {finding.Text}",
        FindingKind.Error => $"ERROR: {finding.Text}",
        _ => throw new ArgumentOutOfRangeException(nameof(finding)),
    };
}
