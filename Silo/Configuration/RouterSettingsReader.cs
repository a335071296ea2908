using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>router_settings</c>, and the same keys of <c>litellm_settings</c>, which it beats.</summary>
internal static class RouterSettingsReader
{
    private static readonly (string Key, string Why)[] Ignored =
    [
        ("enable_logging", "each request leaves a line in the log, unless gateway_settings.telemetry.request_log is false"),
        ("redis_host", "limits and circuits are exact without Redis"),
        ("redis_port", "limits and circuits are exact without Redis"),
        ("redis_password", "limits and circuits are exact without Redis"),
        ("redis_url", "limits and circuits are exact without Redis"),
        ("set_verbose", "read from general_settings or litellm_settings"),
        ("debug_level", "read from general_settings.set_verbose"),
        ("client_ttl", "connections are pooled by address"),
        ("cache_responses", "litellm_settings.cache says whether answers are cached"),
        ("caching_groups", "each model has its own answers"),
        ("tag_routing_prefix", "not honoured: every tag of a request is one to route by"),
        ("polling_interval", "nothing is polled: a waiting request is told"),
        ("optional_pre_call_checks", "not honoured"),
        ("alerting_config", "no alerting: watch /health"),
    ];

    /// <summary>What <see cref="ReadShared"/> reads of either section and one value serves; tables of fallbacks are put together.</summary>
    private static readonly string[] Shared = ["num_retries", "allowed_fails", "cooldown_time", "stream_timeout", "max_fallbacks", "default_fallbacks"];

    private static readonly string[] Totals = ["timeout", "request_timeout"];

    /// <summary>LiteLLM strategies that are served by a near one.</summary>
    private static readonly ImmutableDictionary<string, (string Strategy, string Note)> Stand = new Dictionary<string, (string, string)>
    {
        ["provider-budget-routing"] = (RoutingStrategies.SimpleShuffle, "simple-shuffle, among those whose provider_budget_config is not spent"),
    }.ToImmutableDictionary();

    /// <summary>Reads the keys that both sections share on top of what the other has said.</summary>
    public static RouterDraft ReadShared(ConfigSection s, RouterDraft draft)
    {
        var request = s.Seconds("request_timeout", note: "one upstream call; of a stream each wait for what comes next");
        var total = s.Seconds("timeout", note: "one upstream call; of a stream each wait for what comes next") ?? request;
        return draft with
        {
            Retries = s.Int("num_retries", 0, 100) ?? draft.Retries,
            AllowedFails = s.Int("allowed_fails", note: "requests in a row that fail and so open the circuit; 0 is 1") ?? draft.AllowedFails,
            Cooldown = CooldownReader.Read(s) ?? draft.Cooldown,
            Total = total ?? draft.Total,
            FirstTokenOfStream = s.Seconds("stream_timeout", note: "the time to the first token of a streamed answer") ?? draft.FirstTokenOfStream,
            Fallbacks = FallbackReader.Read(s, draft.Fallbacks),
        };
    }

    public static RouterDraft Read(ConfigSection s, RouterDraft draft)
    {
        draft = ReadShared(s, draft) with
        {
            Strategy = ReadStrategy(s) ?? draft.Strategy,
            StrategyArguments = ReadArguments(s) ?? draft.StrategyArguments,
            RetryPolicy = RetryPolicyReader.Read(s) ?? draft.RetryPolicy,
            ModelGroupRetryPolicy = RetryPolicyReader.ReadByGroup(s) ?? draft.ModelGroupRetryPolicy,
            ProviderBudgets = ProviderBudgetReader.Read(s),
            AllowedFailsPolicy = AllowedFailsReader.Read(s) ?? draft.AllowedFailsPolicy,
            RetryAfter = s.Seconds("retry_after", 0, "the pause before the same deployment is tried again") ?? draft.RetryAfter,
            Cools = s.Bool("disable_cooldowns") is { } never ? !never : draft.Cools,
            PreCallChecks = s.Bool("enable_pre_call_checks", "prompts longer than model_info.max_input_tokens; order is always honoured") ?? draft.PreCallChecks,
            FiltersTags = s.Bool("enable_tag_filtering", "requests go to deployments that have one of their tags, else to those with the tag default") ?? draft.FiltersTags,
            NeedsAllTags = s.Bool("tag_filtering_match_any", "false: a deployment needs all tags of a request") is { } any ? !any : draft.NeedsAllTags,
            DefaultPriority = s.Int("default_priority", 0, 255, note: "of requests and users that say none; 0 is served first") ?? draft.DefaultPriority,
            Slots = s.Int("default_max_parallel_requests", 1, note: "slots of each backend that sets none") ?? draft.Slots,
            Aliases = AliasReader.Read(s),
        };
        foreach (var key in Shared) s.Report.Overruled($"litellm_settings.{key}", s.PathOf(key));
        foreach (var key in FallbackReader.OfAll) s.Report.Overruled("litellm_settings.default_fallbacks", s.PathOf(key));
        foreach (var (own, other) in Totals.SelectMany(own => Totals.Select(other => (own, other)))) s.Report.Overruled($"litellm_settings.{other}", s.PathOf(own));
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

    private static StrategyArguments? ReadArguments(ConfigSection s)
    {
        if (s.Map("routing_strategy_args") is not { } map) return null;
        var path = s.PathOf("routing_strategy_args");
        s.Report.Honoured(path, map.Line, "for latency-based-routing");
        var section = new ConfigSection(map, path, s.Report);
        var defaults = new StrategyArguments();
        var arguments = new StrategyArguments
        {
            Ttl = section.Seconds("ttl") ?? defaults.Ttl,
            LatencyBuffer = section.Number("lowest_latency_buffer") ?? defaults.LatencyBuffer,
            LatencySamples = section.Int("max_latency_list_size", 1, note: "64 at most") is { } samples ? Math.Min(samples, 64) : defaults.LatencySamples,
        };
        section.Finish("no strategy takes it");
        return arguments;
    }
}

/// <summary>Router settings as far as they have been read.</summary>
internal sealed record RouterDraft
{
    public string Strategy { get; init; } = RoutingStrategies.SimpleShuffle;

    public int? Retries { get; init; }

    public int? AllowedFails { get; init; }

    public TimeSpan? Cooldown { get; init; }

    public TimeSpan? Total { get; init; }

    /// <summary><c>litellm_settings.drop_params</c>.</summary>
    public bool? DropParams { get; init; }

    /// <summary><c>ssl_verify</c> of <c>litellm_settings</c>, or the variable in its place.</summary>
    public ServerTrust? Trust { get; init; }

    public TimeSpan? FirstTokenOfStream { get; init; }

    public int? DefaultPriority { get; init; }

    /// <summary><c>default_max_parallel_requests</c>.</summary>
    public int? Slots { get; init; }

    public FallbackDraft Fallbacks { get; init; } = new();

    public ImmutableArray<AliasDraft> Aliases { get; init; } = [];

    public StrategyArguments StrategyArguments { get; init; } = new();

    public RetryPolicy RetryPolicy { get; init; } = new();

    public ImmutableDictionary<string, RetryPolicy> ModelGroupRetryPolicy { get; init; } = ImmutableDictionary<string, RetryPolicy>.Empty;

    public ImmutableArray<ProviderBudget> ProviderBudgets { get; init; } = [];

    public AllowedFailsPolicy AllowedFailsPolicy { get; init; } = AllowedFailsPolicy.None;

    public TimeSpan RetryAfter { get; init; }

    public bool Cools { get; init; } = true;

    public bool PreCallChecks { get; init; }

    /// <summary><c>enable_tag_filtering</c>.</summary>
    public bool FiltersTags { get; init; }

    /// <summary>The contrary of <c>tag_filtering_match_any</c>.</summary>
    public bool NeedsAllTags { get; init; }
}
