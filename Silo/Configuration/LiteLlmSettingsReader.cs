using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>litellm_settings</c>: the routing keys it shares with <c>router_settings</c>, and the rest by name.</summary>
internal static class LiteLlmSettingsReader
{
    public const string NoGuardrails = "there are no guardrails, and requests are served without: screen them before or behind the gateway";

    private static readonly (string Key, string Why)[] Ignored =
    [
        ("telemetry", "the gateway sends none"),
        ("default_team_settings", "not honoured: callbacks are the same for all teams"),
        ("timezone", "not honoured: budgets are reset by UTC"),
        ("redact_user_api_key_info", "keys are never logged"),
        ("model_alias_map", "not honoured: router_settings.model_group_alias is"),
        ("modify_params", "requests are not rewritten beyond what their backend needs"),
        ("extra_spend_tag_headers", "no spend by tag"),
        ("langfuse_default_tags", "not honoured: traces have no tags"),
        ("s3_callback_params", CallbackReader.NotHere),
        ("gcs_bucket_name", CallbackReader.NotHere),
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

    /// <summary>What keeps requests or money back in LiteLLM: whoever relies on it must not take it for honoured.</summary>
    private static readonly (string Key, string Instead)[] NotEnforced =
    [
        ("guardrails", NoGuardrails),
        ("default_internal_user_params", "gateway_settings.limits.user limits everyone without limits of its own"),
        ("default_end_user_params", "max_end_user_budget is, and gateway_settings.limits.user limits everyone without limits of its own"),
        ("default_key_generate_params", "gateway_settings.limits.key limits every key without limits of its own"),
        ("upperbound_key_generate_params", "the administrator says for each key what it may"),
        ("key_generation_settings", "the administrator alone makes keys"),
        ("max_internal_user_budget", "gateway_settings.limits.user has a budget for everyone without one of its own"),
        ("internal_user_budget_duration", "gateway_settings.limits.user has a budget for everyone without one of its own"),
        ("tag_budget_config", "there are no budgets by tag"),
    ];

    public static (RouterDraft, LogSettings, LiteLlmLimits, CacheDraft? Cache, CallbackDraft) Read(ConfigSection s, RouterDraft draft)
    {
        var limits = new LiteLlmLimits(LimitsReader.ReadRateLimit(s))
        {
            Budget = BudgetReader.ReadOfAll(s),
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
        foreach (var (key, instead) in NotEnforced) s.NotEnforced(key, instead);
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
