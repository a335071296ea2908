using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Silo.Hosting;

/// <summary>Warnings of the configuration that a start tells as such: whoever has changed the image alone never asks <c>validate</c>.</summary>
internal static class StartWarnings
{
    /// <summary>But for those that it says in other words.</summary>
    public static List<ConfigFinding> Of(ConfigReport report) =>
        [.. report.Findings.Where(f => f.Kind == FindingKind.Warning && f.Text != ConfigLoader.NothingServed).Except(TrustReader.Unchecked(report))];
}
