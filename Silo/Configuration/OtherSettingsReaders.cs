using System.Collections.Immutable;
using System.Globalization;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>litellm_settings</c>: the routing keys it shares with <c>router_settings</c>, and the rest by name.</summary>
internal static class LiteLlmSettingsReader
{
    private const string NoCallback = "no callback of this gateway: prometheus, langfuse, sentry and otel are";

    private static readonly (string Key, string Why)[] Ignored =
    [
        ("telemetry", "the gateway sends none"),
        ("default_internal_user_params", "not honoured: gateway_settings.limits.user limits everyone without limits of its own"),
        ("default_team_settings", "not honoured: callbacks are the same for all teams"),
        ("upperbound_key_generate_params", "not honoured: the administrator says for each key what it may"),
        ("timezone", "not honoured: budgets are reset by UTC"),
        ("redact_user_api_key_info", "keys are never logged"),
        ("model_alias_map", "not honoured: router_settings.model_group_alias is"),
        ("modify_params", "requests are not rewritten beyond what their backend needs"),
        ("default_end_user_params", "not honoured: max_end_user_budget is, and gateway_settings.limits.user limits everyone without limits of its own"),
        ("default_key_generate_params", "not honoured: gateway_settings.limits.key limits every key without limits of its own"),
        ("key_generation_settings", "not honoured: the administrator makes keys"),
        ("max_internal_user_budget", "not honoured: gateway_settings.limits.user has a budget for everyone without one of its own"),
        ("internal_user_budget_duration", "not honoured: gateway_settings.limits.user has a budget for everyone without one of its own"),
        ("tag_budget_config", "no budgets by tag"),
        ("extra_spend_tag_headers", "no spend by tag"),
        ("langfuse_default_tags", "not honoured: traces have no tags"),
        ("s3_callback_params", NoCallback),
        ("gcs_bucket_name", NoCallback),
        ("service_callback", "what the gateway's own parts do is in /metrics"),
        ("prometheus_initialize_budget_metrics", "budgets are in /metrics from their first use on"),
        ("enable_end_user_cost_tracking_prometheus_only", "not honoured: /metrics has no series for each user"),
        ("global_disable_no_log_param", "so it is: no request can stay out of the ledger"),
        ("return_response_headers", "always so: headers of limits, cost and backend are in every answer"),
        ("allow_requests_on_db_unavailable", "always so: requests are served while the ledger's database is away"),
        ("use_chat_completions_url_for_anthropic_messages", "messages reach each backend in its own dialect"),
        ("reasoning_auto_summary", "not honoured: a summary is asked for by the request"),
        ("mcp_servers", "no MCP servers"),
        ("max_parallel_requests", "read in general_settings, as by LiteLLM"),
        ("verbose", "not honoured: set_verbose is"),
        ("default_model", "not honoured: gateway_settings.default_model is"),
    ];

    public static (RouterDraft, LogSettings, LiteLlmLimits, CacheDraft? Cache, CallbackDraft) Read(ConfigSection s, RouterDraft draft)
    {
        var limits = new LiteLlmLimits(LimitsReader.ReadRateLimit(s))
        {
            Budget = BudgetReader.Read(s, "of all requests together, in US dollars: gateway_settings.limits.all"),
            EndUser = Budget.Of(s.Number("max_end_user_budget", 0, note: "US dollars, of each who names itself in the user field"), null, null),
        };
        var cache = CacheReader.Read(s);
        draft = RouterSettingsReader.ReadShared(s, draft) with { DropParams = ParameterReader.ReadDrop(s), Trust = TrustReader.Read(s) };
        var logs = new LogSettings(s.Bool("set_verbose"), s.Bool("json_logs"));
        var callbacks = CallbackReader.Read(s) with
        {
            NoMessages = s.Bool("turn_off_message_logging", note: "nor are they told to anyone unless gateway_settings.telemetry.capture_messages says so"),
            MetricsNeedKey = s.Bool("require_auth_for_metrics_endpoint"),
            ForwardTraceParent = s.Bool("forward_traceparent_to_llm_provider"),
        };
        foreach (var (key, why) in Ignored) s.Ignore(key, why);
        s.Finish();
        return (draft, logs, limits, cache, callbacks);
    }
}

/// <summary>What <c>litellm_settings</c> limits.</summary>
/// <param name="EachUser"><c>rate_limit</c>.</param>
internal sealed record LiteLlmLimits(RateLimits? EachUser)
{
    /// <summary><c>max_budget</c> with <c>budget_duration</c>: of all.</summary>
    public Budget? Budget { get; init; }

    /// <summary><c>max_end_user_budget</c>.</summary>
    public Budget? EndUser { get; init; }
}

/// <summary><c>general_settings</c>.</summary>
internal static class GeneralSettingsReader
{
    private static readonly (string Key, string Why)[] Ignored =
    [
        ("store_model_in_db", "always so: what /model/new adds is kept by the gateway itself"),
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
        ("database_connection_pool_limit", "not honoured: Npgsql's own, which database_url may say"),
        ("database_connection_timeout", "not honoured: Npgsql's own, which database_url may say"),
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
        ("reject_clientside_metadata_tags", "tags of clients are not refused"),
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
            NoLedger = s.Bool("disable_spend_logs"),
            LedgerRetention = ReadRetention(s),
            StreamUsage = s.Bool("always_include_stream_usage", note: "every streamed answer of a chat ends with its usage"),
            MetricsNeedKey = s.Bool("require_auth_for_metrics_endpoint", note: "/metrics needs a key"),
            TrustForwardedFor = s.Bool("use_x_forwarded_for", note: "its last entry is the client's address"),
            UserHeaders = UserHeaderReader.Read(s),
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

/// <summary><c>gateway_settings</c>: what LiteLLM has no word for.</summary>
internal static class GatewaySettingsReader
{
    public static GatewayDraft Read(ConfigSection s, Func<string, string?> variable, TimeSpan? ledgerRetention)
    {
        var cluster = s.Map("cluster");
        var draft = new GatewayDraft
        {
            Cluster = ClusterReader.Read(cluster is null ? null : new ConfigSection(cluster, s.PathOf("cluster"), s.Report), variable),
            DrainTimeout = s.Seconds("drain_timeout", 0),
            StopDelay = s.Seconds("stop_delay", 0),
            DefaultModel = s.String("default_model", note: "serves requests that name no model"),
            ClientStallTimeout = s.Seconds("client_stall_timeout"),
            QueueProgressInterval = s.Seconds("queue_progress_interval"),
            AllowRunnerOptions = s.Bool("allow_runner_options"),
            AllowLinkLocalBackends = s.Bool("allow_link_local_backends"),
            Connect = s.Seconds("connect_timeout"),
            FirstToken = s.Seconds("first_token_timeout"),
            BetweenTokens = s.Seconds("between_tokens_timeout"),
            Transport = ReadTransport(s),
            Resumable = ReadResumable(s),
            Conversations = ConversationReader.Read(s),
            Cache = CacheReader.ReadBounds(s),
            Limits = LimitsReader.Read(s),
            Ledger = LedgerReader.Read(s, ledgerRetention),
            Telemetry = TelemetryReader.Read(s),
            Connections = ConnectionReader.Read(s),
            Access = AccessReader.Read(s, variable),
            Audit = AccessReader.ReadAudit(s),
            Queue = QueueReader.Read(s),
            Backends = ReadBackends(s),
            Models = ModelOptionsReader.Read(s),
        };
        s.Finish();
        return draft;
    }

    private static TokenTransport? ReadTransport(ConfigSection s)
    {
        if (s.Take("token_transport") is not { } entry || entry.Value is ConfigScalar { Text: null }) return null;
        TokenTransport? transport = (entry.Value as ConfigScalar)?.Text switch
        {
            "enumerable" => TokenTransport.Enumerable,
            "stream" => TokenTransport.Stream,
            _ => null,
        };
        if (transport is null) s.Wrong<string>(entry, "enumerable or stream");
        else s.Report.Honoured(s.PathOf(entry.Key), entry.Line);
        return transport;
    }

    private static ResumableOptions? ReadResumable(ConfigSection s)
    {
        if (s.Map("resumable") is not { } map) return null;
        var path = s.PathOf("resumable");
        s.Report.Honoured(path, map.Line);
        var section = new ConfigSection(map, path, s.Report);
        var defaults = new ResumableOptions();
        var options = new ResumableOptions
        {
            Ttl = section.Seconds("ttl", 1) ?? defaults.Ttl,
            MaxBytes = (long?)section.Number("max_bytes", 1024) ?? defaults.MaxBytes,
            MaxTotalBytes = (long?)section.Number("max_total_bytes", 1024) ?? defaults.MaxTotalBytes,
        };
        section.Finish();
        return options;
    }

    private static List<BackendDraft> ReadBackends(ConfigSection s)
    {
        var backends = new List<BackendDraft>();
        if (s.Map("backends") is not { } map) return backends;
        var path = s.PathOf("backends");
        s.Report.Honoured(path, map.Line);
        foreach (var entry in map.Entries)
        {
            var backendPath = $"{path}.{entry.Key}";
            if (!Addresses.TryParse(entry.Key, out var url))
            {
                s.Report.Error(backendPath, entry.Line, "expected the address of a backend as the key");
            }
            else if (entry.Value is not ConfigMap options)
            {
                s.Report.Error(backendPath, entry.Line, $"expected a mapping like {{slots: 2}}, found {entry.Value.Describe()}");
            }
            else
            {
                var section = new ConfigSection(options, backendPath, s.Report, knownAs: path + ".*");
                backends.Add(new BackendDraft(url, backendPath, entry.Line)
                {
                    Slots = section.Int("slots", 1, 1_000_000),
                    Queue = QueueReader.ReadBounds(section),
                    Lease = section.Seconds("lease", 1),
                    AllowedFails = section.Int("allowed_fails"),
                    Cooldown = CooldownReader.Read(section),
                    HealthInterval = section.Seconds("health_interval", 0),
                });
                section.Finish();
            }
        }

        return backends;
    }
}

internal sealed record GatewayDraft
{
    public ClusterSettings Cluster { get; init; } = new();

    public TimeSpan? DrainTimeout { get; init; }

    public TimeSpan? StopDelay { get; init; }

    public string? DefaultModel { get; init; }

    public TimeSpan? ClientStallTimeout { get; init; }

    public TimeSpan? QueueProgressInterval { get; init; }

    public bool? AllowRunnerOptions { get; init; }

    public bool? AllowLinkLocalBackends { get; init; }

    public TimeSpan? Connect { get; init; }

    public TimeSpan? FirstToken { get; init; }

    public TimeSpan? BetweenTokens { get; init; }

    public TokenTransport? Transport { get; init; }

    public ResumableOptions? Resumable { get; init; }

    public ConversationOptions? Conversations { get; init; }

    public CacheBounds? Cache { get; init; }

    public LimitOptions? Limits { get; init; }

    public LedgerOptions? Ledger { get; init; }

    public TelemetryDraft Telemetry { get; init; } = new();

    public ConnectionOptions? Connections { get; init; }

    public AccessOptions Access { get; init; } = new();

    public AuditOptions? Audit { get; init; }

    public QueueDraft Queue { get; init; } = new();

    public List<BackendDraft> Backends { get; init; } = [];

    public ImmutableDictionary<string, ModelOptions> Models { get; init; } = ImmutableDictionary<string, ModelOptions>.Empty;
}

/// <summary>What <c>gateway_settings.backends</c> says of one address; null: not said.</summary>
internal sealed record BackendDraft(Uri Url, string Path, int Line)
{
    public int? Slots { get; init; }

    public QueueDraft Queue { get; init; } = new();

    public TimeSpan? Lease { get; init; }

    public int? AllowedFails { get; init; }

    public TimeSpan? Cooldown { get; init; }

    public TimeSpan? HealthInterval { get; init; }
}
