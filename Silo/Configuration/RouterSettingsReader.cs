using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>router_settings</c>, and the same keys of <c>litellm_settings</c>, which it beats.</summary>
internal static class RouterSettingsReader
{
    private static readonly (string Key, string Why)[] Ignored =
    [
        ("enable_logging", "every request is logged with set_verbose: true"),
        ("redis_host", "limits and circuits are exact without Redis"),
        ("redis_port", "limits and circuits are exact without Redis"),
        ("redis_password", "limits and circuits are exact without Redis"),
        ("redis_url", "limits and circuits are exact without Redis"),
        ("set_verbose", "read from general_settings or litellm_settings"),
        ("debug_level", "read from general_settings.set_verbose"),
        ("enable_pre_call_checks", "order is always honoured; other checks are not made"),
        ("routing_strategy_args", "no strategy of this version takes arguments"),
        ("retry_policy", "not honoured yet: num_retries applies to every kind of failure that may be retried"),
        ("model_group_retry_policy", "not honoured yet: num_retries applies"),
        ("allowed_fails_policy", "not honoured yet: allowed_fails applies"),
        ("context_window_fallbacks", "not honoured yet: a request that is too long fails with the backend's own error"),
        ("content_policy_fallbacks", "not honoured yet: a refused request fails with the backend's own error"),
        ("retry_after", "the wait between retries follows the backend's Retry-After or doubles from 0.5 s"),
        ("client_ttl", "connections are pooled by address"),
        ("cache_responses", "no cache yet"),
        ("caching_groups", "no cache yet"),
        ("enable_tag_filtering", "no routing by tag"),
        ("polling_interval", "nothing is polled: a waiting request is told"),
        ("disable_cooldowns", "not honoured: raise allowed_fails instead"),
        ("optional_pre_call_checks", "not honoured"),
        ("provider_budget_config", "budgets are not enforced yet"),
        ("alerting_config", "no alerting: watch /health"),
    ];

    /// <summary>LiteLLM strategies that this version serves by a near one.</summary>
    private static readonly ImmutableDictionary<string, (string Strategy, string Note)> Stand = new Dictionary<string, (string, string)>
    {
        ["simple-fallback"] = (RoutingStrategies.SimpleShuffle, "simple-shuffle with the configured fallbacks"),
        ["latency-based-routing"] = (RoutingStrategies.LeastBusy, "least-busy (latency-based-routing is not there yet)"),
        ["usage-based-routing"] = (RoutingStrategies.LeastBusy, "least-busy (usage-based-routing is not there yet)"),
        ["usage-based-routing-v2"] = (RoutingStrategies.LeastBusy, "least-busy (usage-based-routing-v2 is not there yet)"),
        ["cost-based-routing"] = (RoutingStrategies.SimpleShuffle, "simple-shuffle (cost-based-routing is not there yet)"),
        ["provider-budget-routing"] = (RoutingStrategies.SimpleShuffle, "simple-shuffle (budgets are not enforced yet)"),
    }.ToImmutableDictionary();

    /// <summary>Reads the keys that both sections share on top of what the other has said.</summary>
    public static RouterDraft ReadShared(ConfigSection s, RouterDraft draft)
    {
        var total = s.Seconds("timeout", note: "the whole upstream call") ?? s.Seconds("request_timeout", note: "the whole upstream call");
        var fallbacks = draft.Fallbacks;
        ReadFallbacks(s, ref fallbacks);
        return draft with
        {
            Retries = s.Int("num_retries", 0, 100) ?? draft.Retries,
            AllowedFails = s.Int("allowed_fails", 1, note: "consecutive failures that open the circuit") ?? draft.AllowedFails,
            Cooldown = s.Seconds("cooldown_time") ?? draft.Cooldown,
            Total = total ?? draft.Total,
            FirstToken = s.Seconds("stream_timeout", note: "the time to the first token") ?? draft.FirstToken,
            Fallbacks = fallbacks,
            DefaultFallbacks = ReadDefaultFallbacks(s) ?? draft.DefaultFallbacks,
        };
    }

    public static RouterDraft Read(ConfigSection s, RouterDraft draft)
    {
        draft = ReadShared(s, draft) with
        {
            Strategy = ReadStrategy(s) ?? draft.Strategy,
            MaxFallbacks = s.Int("max_fallbacks") ?? draft.MaxFallbacks,
            DefaultPriority = s.Int("default_priority", 0, 255, note: "of requests and users that say none; 0 is served first") ?? draft.DefaultPriority,
            Slots = s.Int("default_max_parallel_requests", 1, note: "slots of each backend that sets none") ?? draft.Slots,
        };
        draft = ReadAliases(s, draft);
        foreach (var (key, why) in Ignored) s.Ignore(key, why);
        s.Finish();
        return draft;
    }

    private static string? ReadStrategy(ConfigSection s)
    {
        if (s.Take("routing_strategy") is not { } entry) return null;
        var name = (entry.Value as ConfigScalar)?.Text;
        if (name is null)
        {
            s.Wrong<string>(entry, "the name of a strategy");
            return null;
        }

        if (RoutingStrategies.All.Contains(name))
        {
            s.Report.Honoured(s.PathOf(entry.Key), entry.Line);
            return name;
        }

        if (Stand.TryGetValue(name, out var stand))
        {
            s.Report.Translated(s.PathOf(entry.Key), entry.Line, stand.Note);
            return stand.Strategy;
        }

        s.Report.Error(s.PathOf(entry.Key), entry.Line, $"no routing strategy is named '{name}'; valid are {string.Join(", ", RoutingStrategies.All)}");
        return null;
    }

    /// <summary>LiteLLM's form is a list of mappings with one key each; a plain mapping says the same.</summary>
    private static void ReadFallbacks(ConfigSection s, ref ImmutableDictionary<string, ImmutableArray<string>> fallbacks)
    {
        if (s.Take("fallbacks") is not { } entry || entry.Value is ConfigScalar { Text: null }) return;
        var maps = entry.Value switch
        {
            ConfigList list when list.Items.All(i => i is ConfigMap) => list.Items.Cast<ConfigMap>(),
            ConfigMap map => [map],
            _ => null,
        };
        if (maps is null)
        {
            s.Wrong<object>(entry, "a list like [{\"a\": [\"b\", \"c\"]}]");
            return;
        }

        s.Report.Honoured(s.PathOf(entry.Key), entry.Line);
        foreach (var from in maps.SelectMany(m => m.Entries))
        {
            var path = $"{s.PathOf(entry.Key)}.{from.Key}";
            if (Names(from.Value) is { } names) fallbacks = fallbacks.SetItem(from.Key, names);
            else s.Report.Error(path, from.Line, $"expected a list of model names, found {from.Value.Describe()}");
        }
    }

    private static ImmutableArray<string>? ReadDefaultFallbacks(ConfigSection s)
    {
        var own = s.Strings("default_fallbacks");
        foreach (var key in (string[])["fallback_models", "fallback_model"])
        {
            if (s.Take(key) is not { } entry) continue;
            if (Names(entry.Value) is not { } names)
            {
                s.Wrong<object>(entry, "the name of a model or a list of names");
                continue;
            }

            s.Report.Translated(s.PathOf(key), entry.Line, $"default_fallbacks: [{string.Join(", ", names)}]");
            own = own is { } before ? [.. before, .. names] : names;
        }

        return own;
    }

    private static RouterDraft ReadAliases(ConfigSection s, RouterDraft draft)
    {
        if (s.Map("model_group_alias") is not { } map) return draft;
        var path = s.PathOf("model_group_alias");
        s.Report.Honoured(path, map.Line);
        foreach (var alias in map.Entries)
        {
            var target = alias.Value switch
            {
                ConfigScalar { Text: { } name } => [name],
                ConfigMap m when m.Find("model") is ConfigScalar { Text: { } name } => [name],
                ConfigList => Names(alias.Value),
                _ => (ImmutableArray<string>?)null,
            };
            if (target is not { Length: > 0 } targets)
            {
                s.Report.Error($"{path}.{alias.Key}", alias.Line, $"expected a model name, a mapping with model, or a list of names, found {alias.Value.Describe()}");
                continue;
            }

            if (targets.Length > 1) s.Report.Translated($"{path}.{alias.Key}", alias.Line, $"{targets[0]}, then by fallback {string.Join(", ", targets.Skip(1))}");
            draft = draft with { Aliases = draft.Aliases.Add(new AliasDraft(alias.Key, targets, $"{path}.{alias.Key}", alias.Line)) };
        }

        return draft;
    }

    private static ImmutableArray<string>? Names(ConfigNode node) => node switch
    {
        ConfigScalar { Text: { } one } => [one],
        ConfigList list when list.Items.All(i => i is ConfigScalar { Text: not null }) => [.. list.Items.Select(i => ((ConfigScalar)i).Text!)],
        _ => null,
    };
}

/// <summary>Router settings as far as they have been read.</summary>
internal sealed record RouterDraft
{
    public string Strategy { get; init; } = RoutingStrategies.SimpleShuffle;

    public int? Retries { get; init; }

    public int? AllowedFails { get; init; }

    public TimeSpan? Cooldown { get; init; }

    public TimeSpan? Total { get; init; }

    public TimeSpan? FirstToken { get; init; }

    public int? MaxFallbacks { get; init; }

    public int? DefaultPriority { get; init; }

    /// <summary><c>default_max_parallel_requests</c>.</summary>
    public int? Slots { get; init; }

    public ImmutableDictionary<string, ImmutableArray<string>> Fallbacks { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    public ImmutableArray<string> DefaultFallbacks { get; init; } = [];

    public ImmutableArray<AliasDraft> Aliases { get; init; } = [];
}

internal sealed record AliasDraft(string Alias, ImmutableArray<string> Targets, string Path, int Line);
