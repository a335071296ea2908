using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansLlm.Silo.Configuration;

/// <summary>YAML text to <see cref="ConfigNode"/>s, environment references replaced on the way.</summary>
internal static class YamlReader
{
    /// <param name="text">A <see cref="WholeText"/>.</param>
    /// <returns>The root mapping, or null after an error that was reported.</returns>
    public static ConfigMap? Read(string text, EnvironmentReferences environment, ConfigReport report)
    {
        var (main, included) = WholeText.Split(text);
        return ReadOne(main, environment, report) is { } map ? Includes.Merge(map, included, environment, report) : null;
    }

    /// <summary>Of one file, without those that it includes.</summary>
    public static ConfigMap? ReadOne(string text, EnvironmentReferences environment, ConfigReport report)
    {
        var stream = new YamlStream();
        try
        {
            if (YamlBounds.Check(text) is { } tooMuch)
            {
                report.Error("(file)", tooMuch.Line, tooMuch.Problem);
                return null;
            }

            stream.Load(YamlRepeats.Without(text, (key, line) => report.Warning(key, line, "stands there twice: the last one counts")));
        }
        catch (YamlException e)
        {
            report.Error("(file)", (int)e.Start.Line, $"not valid YAML: {Reason(e)}");
            return null;
        }

        if (stream.Documents.Count == 0) return ConfigMap.Empty;
        if (stream.Documents.Count > 1)
        {
            report.Error("(file)", Line(stream.Documents[1].RootNode), "holds more than one YAML document");
            return null;
        }

        var root = stream.Documents[0].RootNode;
        switch (Convert(root, "", environment, report))
        {
            case ConfigMap map:
                return map;
            case ConfigScalar { Text: null }:
                return ConfigMap.Empty;
            case var other:
                report.Error("(file)", other.Line, $"expected a mapping of settings, found {other.Describe()}");
                return null;
        }
    }

    private static ConfigNode Convert(YamlNode node, string path, EnvironmentReferences environment, ConfigReport report)
    {
        switch (node)
        {
            case YamlMappingNode map:
                var entries = ImmutableArray.CreateBuilder<ConfigEntry>();
                foreach (var (key, value) in YamlMerge.Flatten(map, wrong => report.Error(ConfigReport.Join(path, "<<"), Line(wrong), "expected a mapping, or a list of mappings, to merge")))
                {
                    if (key is not YamlScalarNode { Value: { } name })
                    {
                        report.Error(path, Line(key), "a key must be plain text");
                        continue;
                    }

                    entries.Add(new ConfigEntry(name, Line(key), Convert(value, ConfigReport.Join(path, name), environment, report)));
                }

                return new ConfigMap(Line(node), entries.ToImmutable());
            case YamlSequenceNode list:
                return new ConfigList(
                    Line(node), [.. list.Children.Select((item, i) => Convert(item, $"{path}[{i}]", environment, report))]);
            case YamlScalarNode scalar:
                var raw = scalar.Value ?? "";
                var plain = scalar.Style is ScalarStyle.Plain or ScalarStyle.Any;
                if (plain && ConfigScalar.IsNull(raw)) return new ConfigScalar(Line(node), null, true, raw);
                return environment.Resolve(raw, plain, path, Line(node), report);
            default:
                report.Error(path, Line(node), "aliases that refer to themselves are not supported");
                return new ConfigScalar(Line(node), null, true, "");
        }
    }

    private static int Line(YamlNode node) => (int)node.Start.Line;

    /// <summary>The parser's own message without its position, which the report gives.</summary>
    private static string Reason(YamlException e) => (e.InnerException ?? e).Message;
}
