using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration.Live;

/// <summary>Which other nodes have another configuration, and of which it is to be told: of one that has for a while, once, until that changes.</summary>
internal sealed class OtherConfigurations(TimeSpan moment)
{
    private readonly Dictionary<string, (string Parts, TimeSpan Since, bool Told)> _different = new(StringComparer.Ordinal);

    /// <summary>Nodes that differ now.</summary>
    public int Count => _different.Count;

    /// <returns>Those to tell of now, with the parts that differ.</returns>
    public ImmutableArray<(string Node, string Parts)> Look(NodeConfiguration own, ImmutableArray<NodeConfiguration> others, TimeSpan now)
    {
        var different = others.Select(o => (o.Node, Parts: string.Join(", ", own.DifferencesTo(o)))).Where(o => o.Parts.Length > 0).ToDictionary(o => o.Node, o => o.Parts, StringComparer.Ordinal);
        foreach (var same in _different.Keys.Except(different.Keys).ToList()) _different.Remove(same);
        var tell = ImmutableArray.CreateBuilder<(string, string)>();
        foreach (var (node, parts) in different)
        {
            // A file that reaches the nodes one after the other differs for a moment, and so does each step of that.
            if (!_different.TryGetValue(node, out var known)) known = (parts, now, Told: false);
            if (known.Parts != parts) known = known with { Parts = parts, Told = false };
            if (!known.Told && now - known.Since >= moment)
            {
                tell.Add((node, parts));
                known = known with { Told = true };
            }

            _different[node] = known;
        }

        return tell.ToImmutable();
    }
}
