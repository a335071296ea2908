using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// Keys that stand in one mapping twice: LiteLLM's loader takes the last one without a word, the parser here would refuse the file. Here all but the last are
/// taken out, and told.
/// </summary>
internal static class YamlRepeats
{
    /// <param name="told">Is told each key that is taken out: its path and its line.</param>
    /// <exception cref="YamlException">It is no YAML.</exception>
    public static IParser Without(string text, Action<string, int> told)
    {
        var events = new List<ParsingEvent>();
        var parser = new Parser(new StringReader(text));
        while (parser.MoveNext()) events.Add(parser.Current!);
        var gone = new bool[events.Count];
        var at = 0;
        while (at < events.Count)
        {
            if (events[at] is NodeEvent) at = Read(events, at, "", gone, told);
            else at++;
        }

        return new Replay([.. events.Where((_, i) => !gone[i])]);
    }

    /// <summary>Its depth is that of the text, which <see cref="YamlBounds"/> has checked.</summary>
    /// <returns>Where the node at this place ends.</returns>
    private static int Read(List<ParsingEvent> events, int at, string path, bool[] gone, Action<string, int> told)
    {
        switch (events[at])
        {
            case SequenceStart:
                var item = 0;
                for (at++; events[at] is not SequenceEnd; item++) at = Read(events, at, $"{path}[{item}]", gone, told);
                return at + 1;
            case MappingStart:
                var keys = new Dictionary<string, (int From, int To)>(StringComparer.Ordinal);
                at++;
                while (events[at] is not MappingEnd)
                {
                    var from = at;
                    var name = (events[at] as Scalar)?.Value;
                    var valueAt = Read(events, at, path, gone, told);
                    at = Read(events, valueAt, ConfigReport.Join(path, name ?? "?"), gone, told);
                    // Of two merges neither stands for the other: the parser refuses them.
                    if (name is null || events[from] is Scalar { Value: "<<", Style: ScalarStyle.Plain }) continue;
                    if (keys.TryGetValue(name, out var earlier))
                    {
                        told(ConfigReport.Join(path, name), (int)events[earlier.From].Start.Line);
                        for (var i = earlier.From; i < earlier.To; i++) gone[i] = true;
                    }

                    keys[name] = (from, at);
                }

                return at + 1;
            default:
                return at + 1;
        }
    }

    /// <summary>What has been parsed, once more.</summary>
    private sealed class Replay(ParsingEvent[] events) : IParser
    {
        private int _next;

        public ParsingEvent? Current { get; private set; }

        public bool MoveNext()
        {
            Current = _next < events.Length ? events[_next++] : null;
            return Current is not null;
        }
    }
}
