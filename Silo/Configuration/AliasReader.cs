using System.Collections.Immutable;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>model_group_alias</c>: to a name, to a mapping with <c>model</c> and <c>hidden</c>, or to an ordered list.</summary>
internal static class AliasReader
{
    public static ImmutableArray<AliasDraft> Read(ConfigSection s)
    {
        if (s.Map("model_group_alias") is not { } map) return [];
        var path = s.PathOf("model_group_alias");
        s.Report.Honoured(path, map.Line);
        var aliases = ImmutableArray.CreateBuilder<AliasDraft>();
        foreach (var alias in map.Entries)
        {
            var (targets, hidden) = alias.Value is ConfigMap m
                ? (m.Find("model") is ConfigScalar { Text: { } name } ? [name] : null, (m.Find("hidden") as ConfigScalar)?.AsBool() is true)
                : (ModelNames.Of(alias.Value), false);
            var aliasPath = $"{path}.{alias.Key}";
            if (targets is not { Length: > 0 } known)
            {
                s.Report.Error(aliasPath, alias.Line, $"expected a model name, a mapping with model, or a list of names, found {alias.Value.Describe()}");
                continue;
            }

            if (known.Length > 1) s.Report.Translated(aliasPath, alias.Line, $"{known[0]}, then by fallback {string.Join(", ", known.Skip(1))}");
            aliases.Add(new AliasDraft(alias.Key, known, hidden, aliasPath, alias.Line));
        }

        return aliases.ToImmutable();
    }
}

internal sealed record AliasDraft(string Alias, ImmutableArray<string> Targets, bool Hidden, string Path, int Line);
