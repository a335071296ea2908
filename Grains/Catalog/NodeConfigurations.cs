using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Catalog;

/// <summary>What each node has said of its configuration, as long as it goes on saying so.</summary>
internal sealed class NodeConfigurations(TimeProvider time)
{
    /// <summary>More than clusters have.</summary>
    private const int Most = 1000;

    private static readonly TimeSpan Silence = NodeConfiguration.BetweenNews * 3;

    private readonly Dictionary<string, (NodeConfiguration Said, long At)> _nodes = new(StringComparer.Ordinal);

    /// <returns>The others'.</returns>
    public ImmutableArray<NodeConfiguration> Compare(NodeConfiguration own)
    {
        foreach (var (node, (_, at)) in _nodes)
        {
            if (time.GetElapsedTime(at) > Silence) _nodes.Remove(node);
        }

        if (_nodes.Count < Most || _nodes.ContainsKey(own.Node)) _nodes[own.Node] = (own, time.GetTimestamp());
        return [.. _nodes.Values.Select(n => n.Said).Where(n => n.Node != own.Node)];
    }
}
