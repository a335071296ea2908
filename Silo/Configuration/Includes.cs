using System.Collections.Immutable;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// LiteLLM's <c>include</c>: of each file in it lists are added to those that are there, and any other key takes the place of one that is there. A whole section, then: what
/// the first file says in its <c>litellm_settings</c> is gone where an included one has such a section.
/// </summary>
internal static class Includes
{
    public const string Key = "include";

    /// <summary>What the text includes; nothing of one that is no YAML, which its reader tells.</summary>
    public static IReadOnlyList<string> NamesIn(string text) =>
        text.Contains(Key, StringComparison.Ordinal) && YamlReader.ReadOne(text, new EnvironmentReferences(_ => null), new ConfigReport()) is { } map ? [.. Named(map).Select(n => n.Raw)] : [];

    /// <param name="included">The files that have been read.</param>
    public static ConfigMap Merge(ConfigMap main, IReadOnlyList<IncludedText> included, EnvironmentReferences environment, ConfigReport report)
    {
        Check(main, included, report);
        var merged = main;
        foreach (var file in included)
        {
            report.Begin(file.Name);
            if (YamlReader.ReadOne(file.Text, environment, report) is not { } read) continue;
            Check(read, included, report);
            foreach (var entry in read.Entries.Where(e => e.Key != Key)) merged = Merge(merged, entry with { Value = report.Here(entry.Value), Line = report.Here(entry.Line) }, report);
        }

        report.Begin(null);
        return merged;
    }

    private static ConfigMap Merge(ConfigMap merged, ConfigEntry entry, ConfigReport report)
    {
        switch (merged.Find(entry.Key), entry.Value)
        {
            case (ConfigList there, ConfigList more):
                return merged.With(entry.Key, there with { Items = there.Items.AddRange(more.Items) });
            case (null or ConfigScalar { Text: null }, _):
                break;
            default:
                report.Warning(entry.Key, entry.Line, "stands in a file before this one as well: what this one says counts, whole");
                break;
        }

        return merged with { Entries = merged.Entries.RemoveAll(e => e.Key == entry.Key).Add(entry) };
    }

    /// <summary>Left out in silence, its models and restrictions would be missing from a configuration that counts as valid.</summary>
    private static void Check(ConfigMap map, IReadOnlyList<IncludedText> included, ConfigReport report)
    {
        if (map.Find(Key) is not { } value) return;
        foreach (var wrong in Items(value).Where(i => i is not ConfigScalar)) report.Error(Key, wrong.Line, $"expected the name of a file, found {wrong.Describe()}");
        foreach (var name in Named(map))
        {
            var file = included.FirstOrDefault(i => i.Name == name.Raw);
            if (file is { Problem: null }) report.Honoured(Key, name.Line, name.Raw);
            else report.Error(Key, name.Line, $"{name.Describe()}: {file?.Problem ?? $"is included by itself, twice under two names, has a NUL in its name, or is more than the {ConfigFiles.MostFiles}th"}");
        }
    }

    private static IEnumerable<ConfigScalar> Named(ConfigMap map) => Items(map.Find(Key)).OfType<ConfigScalar>();

    private static ImmutableArray<ConfigNode> Items(ConfigNode? value) => value switch
    {
        null => [],
        ConfigScalar scalar when ConfigScalar.IsNull(scalar.Raw) => [],
        ConfigList list => list.Items,
        _ => [value],
    };
}
