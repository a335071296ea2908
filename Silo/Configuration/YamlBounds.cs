using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// What a YAML text would grow to, found out without growing it: a few lines of aliases to aliases stand for billions of values, and brackets
/// within brackets for a stack that no thread has.
/// </summary>
internal static class YamlBounds
{
    public const int MaxDepth = 100;
    public const long MaxValues = 1_000_000;

    /// <returns>Null, or what is too much of it, and in which line.</returns>
    /// <exception cref="YamlException">It is no YAML.</exception>
    public static (int Line, string Problem)? Check(string text)
    {
        var parser = new Parser(new StringReader(text));
        var open = new Stack<Collection>();
        var anchored = new Dictionary<AnchorName, (long Values, int Height)>();
        var values = 0L;
        while (parser.MoveNext())
        {
            var now = parser.Current!;
            var height = 0;
            switch (now)
            {
                case AnchorAlias alias when open.Any(c => c.Anchor == alias.Value):
                    return (Line(now), "aliases that refer to themselves are not supported");
                case AnchorAlias alias:
                    (var repeated, height) = anchored.GetValueOrDefault(alias.Value, (1, 0));
                    values += repeated;
                    break;
                case Scalar scalar:
                    values++;
                    if (!scalar.Anchor.IsEmpty) anchored[scalar.Anchor] = (1, 0);
                    break;
                case NodeEvent start:
                    open.Push(new Collection(start.Anchor, values++));
                    break;
                case MappingEnd or SequenceEnd:
                    var ended = open.Pop();
                    height = ended.Height + 1;
                    if (!ended.Anchor.IsEmpty) anchored[ended.Anchor] = (values - ended.ValuesBefore, height);
                    break;
            }

            if (open.Count + height > MaxDepth) return (Line(now), string.Create(CultureInfo.InvariantCulture, $"nested deeper than {MaxDepth} levels"));
            if (open.TryPeek(out var parent)) parent.Height = Math.Max(parent.Height, height);
            if (values > MaxValues) return (Line(now), string.Create(CultureInfo.InvariantCulture, $"has more than {MaxValues} values, those that aliases repeat counted each time"));
        }

        return null;
    }

    private static int Line(ParsingEvent at) => (int)at.Start.Line;

    /// <summary>A mapping or a list that has not ended yet.</summary>
    private sealed class Collection(AnchorName anchor, long valuesBefore)
    {
        public AnchorName Anchor => anchor;

        public long ValuesBefore => valuesBefore;

        /// <summary>Levels beneath it so far, those of aliases included.</summary>
        public int Height { get; set; }
    }
}
