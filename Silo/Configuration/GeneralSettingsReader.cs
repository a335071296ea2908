using System.Collections.Immutable;
using System.Globalization;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>general_settings</c>.</summary>
internal static class GeneralSettingsReader
{
    private static readonly (string Key, string Why)[] Ignored =
    [
        ("model_alias_map", "not honoured: router_settings.model_group_alias is"),
        ("infer_model_from_keys", "a request names its model, or gateway_settings.default_model does"),
        ("forward_client_headers_to_llm_api", "headers of clients do not reach backends: litellm_params.extra_headers do"),
        ("store_prompts_in_spend_logs", "the ledger has no prompts: gateway_settings.telemetry.capture_messages tells them to callbacks"),
        ("alerting", "no alerting of its own: Prometheus rules are in deploy/alerts.yml"),
        ("alerting_threshold", "no alerting of its own: Prometheus rules are in deploy/alerts.yml"),
        ("background_health_checks", "backends are always probed, without running a model"),
        ("health_check_interval", "set gateway_settings.backends.<url>.health_interval"),
        ("proxy_batch_write_at", "the ledger is written at once, in batches of what has gathered meanwhile"),
        ("proxy_budget_rescheduler_min_time", "budgets begin anew on time"),
        ("proxy_budget_rescheduler_max_time", "budgets begin anew on time"),
        ("maximum_spend_logs_retention_interval", "what is too old is looked for once a day"),
        ("database_connection_pool_limit", "not honoured: the ledger has four connections"),
        ("database_connection_timeout", "not honoured: the ledger waits 5 s for a connection"),
        ("disable_error_logs", "not honoured: the ledger has a row of every request, also of one that failed"),
        ("disable_prisma_schema_update", "the ledger keeps its own tables"),
        ("use_redis_transaction_buffer", "the ledger's rows wait on this node's own disk"),
        ("allow_requests_on_db_unavailable", "always so: requests are served while the ledger's database is away"),
        ("allow_user_auth", "any key may sign in to the pages and sees what is its own"),
        ("otel", "not honoured: OTEL_EXPORTER_OTLP_ENDPOINT is"),
        ("max_budget", "read in litellm_settings, as by LiteLLM"),
        ("budget_duration", "read in litellm_settings, as by LiteLLM"),
        ("proxy_base_url", "the pages and routes are the same under any address"),
        ("key_management_system", "keys of backends are read from the file and the environment"),
        ("key_management_settings", "keys of backends are read from the file and the environment"),
        ("user_api_key_cache_ttl", "a key's rights are asked for at most once a second"),
        ("forward_openai_org_id", "headers of clients do not reach backends: litellm_params.extra_headers do"),
    ];

    /// <summary>What restricts access in LiteLLM: whoever relies on it must not take it for a typing error.</summary>
    private static readonly (string Key, string Instead)[] NotEnforced =
    [
        ("allowed_routes", "a virtual key may use the routes of docs/keys.md, the master key all"),
        ("public_routes", "which routes are free is fixed, see docs/security.md"),
        ("admin_only_routes", "a virtual key may use the routes of docs/keys.md, the master key all"),
        ("allowed_ips", "close the port by a proxy or a firewall"),
        ("enforce_user_param", "requests without a user are served"),
        ("enforced_params", "requests without them are served"),
        ("custom_auth", "keys are the gateway's own"),
        ("custom_key_generate", "the administrator says for each key what it may"),
        ("enable_jwt_auth", "keys are the gateway's own"),
        ("litellm_jwtauth", "keys are the gateway's own"),
        ("enable_oauth2_auth", "keys are the gateway's own"),
        ("enable_oauth2_proxy_auth", "keys are the gateway's own"),
        ("ui_access_mode", "any key may sign in to the pages and sees what is its own"),
        ("pass_through_endpoints", "there are no such routes: whoever asks one gets a 404"),
        ("max_response_size_mb", "an answer is at most 32 MiB"),
    ];

    public static GeneralDraft Read(ConfigSection s, LogSettings logs)
    {
        var masterKey = s.String("master_key", note: "every call but the free health routes needs it");
        if (s.Take("master_key") is { } entry && string.IsNullOrEmpty(masterKey))
        {
            s.Report.Error(s.PathOf(entry.Key), entry.Line, "is set but empty: the gateway would be open to everyone; give it a value or remove the key");
        }

        var draft = new GeneralDraft(
            masterKey,
            s.String("completion_model", note: "default model"),
            s.Number("max_request_size_mb", 0.001) is { } mb ? (long)(mb * (1 << 20)) : null,
            new LogSettings(s.Bool("set_verbose") ?? logs.Verbose, s.Bool("json_logs") ?? logs.Json))
        {
            KeyParallel = s.Int("max_parallel_requests", 1, note: "of each API key"),
            AllParallel = s.Int("global_max_parallel_requests", 1, note: "of all requests, on all nodes together"),
            LedgerDatabase = DatabaseUrl.Read(s),
            StoresModelsInDatabase = s.Bool("store_model_in_db", note: "what /model/new adds is kept by the gateway itself") is true,
            NoLedger = s.Bool("disable_spend_logs"),
            LedgerRetention = ReadRetention(s),
            StreamUsage = s.Bool("always_include_stream_usage", note: "every streamed answer of a chat ends with its usage"),
            MetricsNeedKey = s.Bool("require_auth_for_metrics_endpoint", note: "/metrics needs a key"),
            TrustForwardedFor = s.Bool("use_x_forwarded_for", note: "its last entry is the client's address"),
            UserHeaders = UserHeaderReader.Read(s),
            RefusesClientTags = s.Bool("reject_clientside_metadata_tags", note: "a request with tags of its own is refused: a key and its team have them"),
            KeyHeader = s.String("litellm_key_header_name", note: "asked for the key before all other headers") is { Length: > 0 } header ? header : null,
            Cache = CacheReader.Read(s, note: "LiteLLM looks for it under litellm_settings only"),
        };
        foreach (var (key, instead) in NotEnforced) s.NotEnforced(key, instead);
        foreach (var (key, why) in Ignored) s.Ignore(key, why);
        s.Finish();
        return draft;
    }

    private static TimeSpan? ReadRetention(ConfigSection s)
    {
        if (s.Take("maximum_spend_logs_retention_period") is not { } entry || entry.Value is ConfigScalar { Text: null }) return null;
        if ((entry.Value as ConfigScalar)?.Text is not { } text || BudgetPeriods.Length(text) is not { } period)
        {
            s.Wrong<object>(entry, "a time such as 24h, 30d or 1mo");
            return null;
        }

        s.Report.Translated(s.PathOf(entry.Key), entry.Line, $"gateway_settings.ledger.retention_days: {period.TotalDays.ToString("0.####", CultureInfo.InvariantCulture)}, unless that is said");
        return period;
    }
}

/// <summary>Switches for the log; null: not said.</summary>
internal sealed record LogSettings(bool? Verbose, bool? Json);

internal sealed record GeneralDraft(string? MasterKey, string? DefaultModel, long? MaxRequestBytes, LogSettings Logs)
{
    /// <summary><c>max_parallel_requests</c>.</summary>
    public int? KeyParallel { get; init; }

    /// <summary><c>global_max_parallel_requests</c>.</summary>
    public int? AllParallel { get; init; }

    /// <summary><c>database_url</c>, as a connection string.</summary>
    public string? LedgerDatabase { get; init; }

    /// <summary><c>store_model_in_db</c>.</summary>
    public bool StoresModelsInDatabase { get; init; }

    /// <summary><c>disable_spend_logs</c>.</summary>
    public bool? NoLedger { get; init; }

    /// <summary><c>maximum_spend_logs_retention_period</c>.</summary>
    public TimeSpan? LedgerRetention { get; init; }

    /// <summary><c>always_include_stream_usage</c>.</summary>
    public bool? StreamUsage { get; init; }

    /// <summary><c>require_auth_for_metrics_endpoint</c>, which LiteLLM has under <c>litellm_settings</c>.</summary>
    public bool? MetricsNeedKey { get; init; }

    /// <summary><c>use_x_forwarded_for</c>.</summary>
    public bool? TrustForwardedFor { get; init; }

    /// <summary><c>reject_clientside_metadata_tags</c>.</summary>
    public bool? RefusesClientTags { get; init; }

    /// <summary><c>litellm_key_header_name</c>.</summary>
    public string? KeyHeader { get; init; }

    /// <summary><c>user_header_mappings</c> and <c>user_header_name</c>.</summary>
    public ImmutableArray<string> UserHeaders { get; init; } = [];

    /// <summary><c>LITELLM_SALT_KEY</c>.</summary>
    public string? SaltKey { get; init; }

    public LiteLlmLimits Limits { get; init; } = new(null);

    /// <summary><c>cache</c> and <c>cache_params</c>.</summary>
    public CacheDraft? Cache { get; init; }

    public static GeneralDraft None { get; } = new(null, null, null, new LogSettings(null, null));
}
