using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>What of one node's configuration is the same on all, where nothing is wrong. Of each part the others learn whether theirs is the same, and nothing of what it says.</summary>
/// <param name="Node">Its name, for people.</param>
/// <param name="Parts">Each as <c>name=hash</c>, in the order of their names.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.NodeConfiguration")]
public sealed record NodeConfiguration([property: Id(0)] string Node, [property: Id(1)] ImmutableArray<string> Parts)
{
    /// <summary>How often each node tells what it has.</summary>
    public static TimeSpan BetweenNews { get; } = TimeSpan.FromSeconds(10);

    /// <summary>The names of the parts that are not the same there, or that only one of the two has.</summary>
    public ImmutableArray<string> DifferencesTo(NodeConfiguration other) =>
        [.. Parts.Except(other.Parts).Concat(other.Parts.Except(Parts)).Select(NameOf).Distinct().Order(StringComparer.Ordinal)];

    private static string NameOf(string part) => part.LastIndexOf('=') is >= 0 and var end ? part[..end] : part;
}
