using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// YAML's merge key, as LiteLLM's loader has it: <c>&lt;&lt;: *defaults</c>, or a list of such. What a mapping says itself goes before what is merged, and of
/// several that are merged the first that has a key.
/// </summary>
internal static class YamlMerge
{
    /// <param name="wrong">Is told of a value that is no mapping and no list of mappings.</param>
    public static IEnumerable<KeyValuePair<YamlNode, YamlNode>> Flatten(YamlMappingNode map, Action<YamlNode> wrong)
    {
        if (!map.Children.Keys.Any(IsMerge)) return map.Children;
        var members = new OrderedDictionary<YamlNode, YamlNode>();
        foreach (var (key, value) in map.Children.Where(c => !IsMerge(c.Key))) members.Add(key, value);
        foreach (var merged in map.Children.Where(c => IsMerge(c.Key)).SelectMany(c => Merged(c.Value, wrong)))
        {
            foreach (var (key, value) in Flatten(merged, wrong)) members.TryAdd(key, value);
        }

        return members;
    }

    private static IEnumerable<YamlMappingNode> Merged(YamlNode value, Action<YamlNode> wrong)
    {
        foreach (var item in value is YamlSequenceNode list ? list.Children : [value])
        {
            if (item is YamlMappingNode map) yield return map;
            else wrong(item);
        }
    }

    private static bool IsMerge(YamlNode key) => key is YamlScalarNode { Value: "<<", Style: ScalarStyle.Plain };
}
