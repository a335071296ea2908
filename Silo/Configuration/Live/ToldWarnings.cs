using System.Collections.Immutable;

namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>
/// Which warnings of the configuration in force are told already: each change by an administrator finds those of the file again. By line and words: an
/// entry that is added or deleted moves the others' places in their list.
/// </summary>
internal sealed class ToldWarnings
{
    private ILookup<(int, string?), ConfigFinding> _told = Enumerable.Empty<ConfigFinding>().ToLookup(Key);

    /// <returns>Those that the last report had not; they count as told from now on.</returns>
    public ImmutableArray<ConfigFinding> Take(ConfigReport report)
    {
        var found = report.Findings.Where(f => f.Kind == FindingKind.Warning).ToLookup(Key);
        var before = _told;
        _told = found;
        return [.. found.SelectMany(same => same.Skip(before[same.Key].Count()))];
    }

    private static (int, string?) Key(ConfigFinding finding) => (finding.Line, finding.Text);
}
