using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>The keys that say who stands in for whom; they may stand in <c>router_settings</c> and in <c>litellm_settings</c>.</summary>
internal static class FallbackReader
{
    /// <summary>Other names of <c>default_fallbacks</c>.</summary>
    public static readonly string[] OfAll = ["fallback_models", "fallback_model"];

    /// <summary>Reads them on top of what the other section has said.</summary>
    public static FallbackDraft Read(ConfigSection s, FallbackDraft draft) => draft with
    {
        General = ReadTable(s, "fallbacks", draft.General),
        ContextWindow = ReadTable(s, "context_window_fallbacks", draft.ContextWindow),
        ContentPolicy = ReadTable(s, "content_policy_fallbacks", draft.ContentPolicy),
        Default = ReadDefault(s) ?? draft.Default,
        Max = s.Int("max_fallbacks") ?? draft.Max,
    };

    /// <summary>LiteLLM's form is a list of mappings with one key each; a plain mapping says the same.</summary>
    private static ImmutableDictionary<string, ModelsDraft> ReadTable(ConfigSection s, string key, ImmutableDictionary<string, ModelsDraft> table)
    {
        if (s.Take(key) is not { } entry || entry.Value is ConfigScalar { Text: null }) return table;
        var maps = entry.Value switch
        {
            ConfigList list when list.Items.All(i => i is ConfigMap) => list.Items.Cast<ConfigMap>(),
            ConfigMap map => [map],
            _ => null,
        };
        if (maps is null)
        {
            s.Wrong<object>(entry, "a list like [{\"a\": [\"b\", \"c\"]}]");
            return table;
        }

        s.Report.Honoured(s.PathOf(entry.Key), entry.Line);
        foreach (var from in maps.SelectMany(m => m.Entries))
        {
            var path = $"{s.PathOf(entry.Key)}.{from.Key}";
            if (ModelNames.Of(from.Value) is { } names) table = table.SetItem(from.Key, new ModelsDraft(names, path, from.Line));
            else s.Report.Error(path, from.Line, $"expected a list of model names, found {from.Value.Describe()}");
        }

        return table;
    }

    private static ModelsDraft? ReadDefault(ConfigSection s)
    {
        const string Default = "default_fallbacks";
        var own = s.Strings(Default) is { } listed ? new ModelsDraft(listed, s.PathOf(Default), s.Take(Default)!.Line) : null;
        foreach (var key in OfAll)
        {
            if (s.Take(key) is not { } entry) continue;
            if (ModelNames.Of(entry.Value) is not { } names)
            {
                s.Wrong<object>(entry, "the name of a model or a list of names");
                continue;
            }

            s.Report.Translated(s.PathOf(key), entry.Line, $"default_fallbacks: [{string.Join(", ", names)}]");
            own = own is { } before ? before with { Names = [.. before.Names, .. names] } : new ModelsDraft(names, s.PathOf(key), entry.Line);
        }

        return own;
    }
}

/// <summary>Who stands in for whom, and where the file says so.</summary>
internal sealed record FallbackDraft
{
    private static readonly ImmutableDictionary<string, ModelsDraft> None = ImmutableDictionary<string, ModelsDraft>.Empty;

    public ImmutableDictionary<string, ModelsDraft> General { get; init; } = None;

    public ImmutableDictionary<string, ModelsDraft> ContextWindow { get; init; } = None;

    public ImmutableDictionary<string, ModelsDraft> ContentPolicy { get; init; } = None;

    public ModelsDraft Default { get; init; } = new([], "", 0);

    public int Max { get; init; } = new FallbackOptions().Max;
}

/// <summary>Names of models, not known to be any yet.</summary>
internal sealed record ModelsDraft(ImmutableArray<string> Names, string Path, int Line);
