using System.Collections.Frozen;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// What LiteLLM keeps to itself of a deployment's parameters. Whatever is not named here or read elsewhere is a completion parameter and goes into the
/// request's body, where services refuse what they do not know, and where no secret belongs.
/// </summary>
internal static class LiteLlmParameters
{
    private const string Own = "LiteLLM's own: nothing here goes by it";
    public const string NoPrice = "not honoured: input_cost_per_token, output_cost_per_token, cache_read_input_token_cost and cache_creation_input_token_cost are";
    private const string NoCredential = "a credential that no provider of this version takes";
    private const string Prompts = "not honoured: messages are sent as they come";

    private static readonly FrozenDictionary<string, string> Names = new Dictionary<string, string>
    {
        ["max_retries"] = "retries belong to the gateway: router_settings.num_retries",
        ["retry_policy"] = "read in router_settings",
        ["retry_strategy"] = "read in router_settings",
        ["fallbacks"] = "read in router_settings",
        ["context_window_fallback_dict"] = "read in router_settings",
        ["request_timeout"] = "not honoured: timeout is",
        ["force_timeout"] = "not honoured: timeout is",
        ["default_api_key_rpm_limit"] = "not honoured: keys have limits of their own",
        ["default_api_key_tpm_limit"] = "not honoured: keys have limits of their own",
        ["region_name"] = "no routing by region",
        ["allowed_model_region"] = "no routing by region",
        ["tag_regex"] = "not honoured: tags are",
        ["mock_response"] = "start the simulator for simulated answers",
        ["tiered_pricing"] = NoPrice,
        ["search_context_cost_per_query"] = NoPrice,
        ["base_model"] = "read in model_info",
        ["model_info"] = "read beside litellm_params",
        ["guardrails"] = "not enforced here: there are no guardrails, and requests are served without",
        ["cache_control_injection_points"] = Prompts,
        ["supports_system_message"] = Prompts,
        ["ensure_alternating_roles"] = Prompts,
        ["user_continue_message"] = Prompts,
        ["assistant_continue_message"] = Prompts,
        ["roles"] = Prompts,
        ["initial_prompt_value"] = Prompts,
        ["final_prompt_value"] = Prompts,
        ["bos_token"] = Prompts,
        ["eos_token"] = Prompts,
        ["hf_model_name"] = Prompts,
        ["custom_prompt_dict"] = Prompts,
        ["prompt_id"] = Prompts,
        ["prompt_variables"] = Prompts,
        ["prompt_label"] = Prompts,
        ["prompt_version"] = Prompts,
        ["configurable_clientside_auth_params"] = "clients cannot choose addresses or keys of backends",
        ["client_secret"] = NoCredential,
        ["client_id"] = NoCredential,
        ["tenant_id"] = NoCredential,
    }
    .Concat(new[]
    {
        "azure", "cache", "cache_key", "caching", "caching_groups", "client", "complete_response", "cost_per_query", "enable_json_schema_validation", "enable_prompt_caching", "fallback_depth",
        "fastest_response", "id", "keepalive_seconds", "logger_fn", "max_agentic_loops", "max_fallbacks", "max_file_size_mb", "metadata", "model_config", "model_file_id_mapping", "model_list", "no-log",
        "preset_cache_key", "provider_specific_header", "proxy_server_request", "s3_bucket_name", "search_tool_name", "secret_fields", "shared_session", "stream_chunk_size", "text_completion", "ttl",
        "turn_off_message_logging", "use_client", "use_in_pass_through", "verbose", "disable_add_transform_inline_image_block",
    }.Select(name => KeyValuePair.Create(name, Own)))
    .ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly (string Begins, string Why)[] Prefixes =
    [
        ("azure_", NoCredential), ("aws_", NoCredential), ("vertex_", NoCredential), ("watsonx_", NoCredential), ("gcs_", Own), ("s3_", Own), ("litellm_", Own), ("mock_", Own),
        ("langfuse_", "read in litellm_settings"), ("langsmith_", Own), ("humanloop_", Own), ("arize_", Own), ("posthog_", Own), ("wandb_", Own), ("use_litellm_", Own), ("auto_router_", Own),
    ];

    /// <summary>Any of LiteLLM's names for what something costs.</summary>
    public static bool IsPrice(string name) => name.Contains("_cost_per_", StringComparison.Ordinal) || name.Contains("_token_cost", StringComparison.Ordinal);

    /// <returns>Null: it is a completion parameter.</returns>
    public static string? WhyNotSent(string name)
    {
        if (Names.TryGetValue(name, out var why)) return why;
        if (IsPrice(name)) return NoPrice;
        return Array.Find(Prefixes, p => name.StartsWith(p.Begins, StringComparison.Ordinal)).Why;
    }
}
