using System.Collections.Immutable;

namespace OrleansLlm.Silo.Configuration;

/// <summary>One name of a model, or a list of them.</summary>
internal static class ModelNames
{
    /// <summary>Null when it is something else.</summary>
    public static ImmutableArray<string>? Of(ConfigNode node) => node switch
    {
        ConfigScalar { Text: { } one } => [one],
        ConfigList list when list.Items.All(i => i is ConfigScalar { Text: not null }) => [.. list.Items.Select(i => ((ConfigScalar)i).Text!)],
        _ => null,
    };
}
