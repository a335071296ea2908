using System.Collections.Frozen;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Providers;
using FailureKind = OrleansLlm.Providers.FailureKind;

namespace OrleansLlm.Grains.Inference;

/// <summary>What one deployment is asked on behalf of one request.</summary>
internal static class UpstreamRequests
{
    /// <summary>Body fields that speak to the gateway (LiteLLM's names, also of what this one does not do) and mean nothing to a backend.</summary>
    private static readonly FrozenSet<string> GatewayFields = new[]
    {
        "fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "disable_fallbacks", "max_fallbacks", "num_retries",
        "timeout", "request_timeout", "stream_timeout", "priority", "cache", "conversation_id", "queue_timeout", "mock_response",
        "mock_timeout", "mock_tool_calls", "max_retries", "caching", "ttl", "no-log", "tags", "guardrails", "litellm_metadata", "litellm_session_id", "litellm_trace_id", "litellm_call_id",
        "litellm_credential_name", "prompt_id", "prompt_variables", "prompt_label", "prompt_version", "user_config", "model_list", "custom_llm_provider",
        // Whose they are is the configuration's to say; a client's key must not go to whoever serves it.
        "api_key", "api_base", "base_url", "api_version", "headers", "extra_headers", "extra_query", "organization", "azure_ad_token", "azure_username", "azure_password", "tenant_id",
        "client_id", "client_secret", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_region_name", "aws_session_name", "aws_profile_name", "aws_role_name",
        "aws_web_identity_token", "aws_sts_endpoint", "aws_external_id", "aws_session_tags", "aws_bedrock_runtime_endpoint", "vertex_project", "vertex_location", "vertex_credentials", "vertex_ai_project",
        "vertex_ai_location", "vertex_ai_credentials", "watsonx_region_name", "region_name", "allowed_model_region", "ssl_verify",
        // Of LiteLLM's own, in what its SDK and its router take.
        "mock_delay", "mock_testing_fallbacks", "mock_testing_context_fallbacks", "mock_testing_context_window_fallbacks", "mock_testing_content_policy_fallbacks", "mock_testing_rate_limit_error",
        "model_info", "litellm_params", "base_model", "retry_policy", "retry_strategy", "cooldown_time", "allowed_fails", "force_timeout", "rpm", "tpm", "weight", "order", "specific_deployment",
        "drop_params", "additional_drop_params", "allowed_openai_params", "modify_params", "no_log", "verbose", "proxy_server_request", "provider_specific_header", "secret_fields", "hidden_params",
        "_hidden_params", "trace_id", "generation_name", "langfuse_prompt_version", "input_cost_per_token", "output_cost_per_token", "complete_response", "fastest_response",
        "merge_reasoning_content_in_choices", "use_litellm_proxy", "enable_json_schema_validation", "keepalive_seconds", "router_settings", "shared_session", "text_completion",
        // The gateway's own, of its door for responses: see ResponsesReasoning.
        "responses_reasoning_summary",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <param name="publicName">What <c>model</c> says to the client: the name it asked for, or the fallback that answers.</param>
    public static UpstreamRequest For(Deployment deployment, string publicName, GatewayCatalog catalog, InferenceRequest request, string requestId)
    {
        return new UpstreamRequest
        {
            Operation = OperationOf(request.Kind),
            Provider = deployment.Provider,
            ApiBase = deployment.ApiBase,
            ApiKey = deployment.ApiKey,
            Model = deployment.Model,
            BaseModel = deployment.BaseModel,
            AtResponses = deployment.AtResponses,
            PublicModel = publicName,
            Body = request.BodyFor(deployment),
            PromptTokens = request.PromptEstimate,
            Defaults = deployment.Defaults,
            StripFields = GatewayFields,
            CompletionId = InferenceIds.CompletionId(InferenceIds.RequestOf(requestId), request.Kind),
            Created = request.Created,
            // A whole answer always tells its usage.
            ClientWantsUsage = request.IncludeUsage || !request.Stream,
            ClientStreams = request.Stream,
            AllowRunnerOptions = catalog.Settings.AllowRunnerOptions,
            MaxOutputTokens = deployment.MaxOutputTokens,
            MergesThoughts = request.MergesThoughts ?? deployment.MergesThoughts,
            Parameters = Rules(deployment.Parameters),
            Trust = Trust(deployment.Trust),
            Account = Account(deployment.Account),
            Headers = deployment.Headers,
            Caller = $"{request.Key} {request.User}",
            AnthropicBeta = request.AnthropicBeta,
            SpeaksAnthropic = request.SpeaksAnthropic,
            AnthropicFallbacks = request.AnthropicFallbacks,
            Timeouts = Own(deployment, catalog, request),
        };
    }

    /// <summary>
    /// Whether a limit has run out that is the request's own, and nobody has failed. A backend of which nothing was heard for half of the time that it may take to its first token has failed,
    /// whoever was the first to lose patience.
    /// </summary>
    /// <param name="silence">For which nothing was heard of it.</param>
    public static bool IsImpatience(FailureKind limit, TimeSpan silence, Deployment deployment, GatewayCatalog catalog, InferenceRequest request) =>
        IsOwnLimit(limit, deployment, catalog, request) && silence < Configured(deployment, catalog, request).FirstToken / 2;

    /// <summary>Whether a limit that has run out is the request's own, and shorter than what is configured: then the backend has not failed.</summary>
    public static bool IsOwnLimit(FailureKind limit, Deployment deployment, GatewayCatalog catalog, InferenceRequest request)
    {
        if (request.Timeout is null && request.FirstTokenTimeout is null) return false;
        var (own, configured) = (Own(deployment, catalog, request), Configured(deployment, catalog, request));
        return limit switch
        {
            FailureKind.FirstTokenTimeout => own.FirstToken < configured.FirstToken,
            FailureKind.StallTimeout => own.BetweenTokens < configured.BetweenTokens,
            FailureKind.TotalTimeout => own.Total < configured.Total,
            FailureKind.ConnectTimeout => own.Connect < configured.Connect || own.Total < configured.Connect,
            _ => false,
        };
    }

    private static UpstreamTimeouts Own(Deployment deployment, GatewayCatalog catalog, InferenceRequest request) =>
        Timeouts(deployment, catalog, request.Stream, new TimeoutOptions { Total = request.Timeout, FirstTokenOfStream = request.FirstTokenTimeout });

    private static UpstreamTimeouts Configured(Deployment deployment, GatewayCatalog catalog, InferenceRequest request) => Timeouts(deployment, catalog, request.Stream, new TimeoutOptions());

    private static UpstreamTimeouts Timeouts(Deployment deployment, GatewayCatalog catalog, bool stream, TimeoutOptions own)
    {
        var fallback = new UpstreamTimeouts();
        var timeouts = TimeoutOptions.Of(
            stream, own, deployment.Timeouts, catalog.Routing.Timeouts,
            new TimeoutOptions { Connect = fallback.Connect, FirstToken = fallback.FirstToken, BetweenTokens = fallback.BetweenTokens, Total = fallback.Total });
        return new UpstreamTimeouts { Connect = timeouts.Connect!.Value, FirstToken = timeouts.FirstToken!.Value, BetweenTokens = timeouts.BetweenTokens!.Value, Total = timeouts.Total!.Value };
    }

    public static UpstreamProvider Serving(Deployment deployment) => UpstreamProviders.Serving(deployment.Provider, deployment.Model, deployment.BaseModel, deployment.AtResponses);

    private static ParameterRules Rules(DeploymentParameters own) => ReferenceEquals(own, DeploymentParameters.Default)
        ? ParameterRules.Default
        : new ParameterRules { Drop = own.Drop, AlsoDrop = own.AlsoDrop.ToFrozenSet(StringComparer.Ordinal), Allowed = own.Allowed.ToFrozenSet(StringComparer.Ordinal) };

    public static UpstreamTrust Trust(ServerTrust own) => own switch
    {
        { Checks: false } => UpstreamTrust.Anybody,
        { Roots: { } roots } => new UpstreamTrust(own.RootsHash!) { Roots = roots },
        _ => UpstreamTrust.OfTheSystem,
    };

    private static UpstreamAccount Account(DeploymentAccount own) => ReferenceEquals(own, DeploymentAccount.None)
        ? UpstreamAccount.None
        : new UpstreamAccount
        {
            ApiVersion = own.ApiVersion, Project = own.Project, Location = own.Location, Credentials = own.Credentials,
            Aws = own.Aws is { } aws ? new AwsKeys(aws.Id, aws.Secret, aws.SessionToken) : null,
            MetadataServer = own.MetadataServer ?? UpstreamAccount.None.MetadataServer,
        };

    public static UpstreamOperation OperationOf(InferenceKind kind) => kind switch
    {
        InferenceKind.Completion => UpstreamOperation.Completion,
        InferenceKind.Embedding => UpstreamOperation.Embedding,
        _ => UpstreamOperation.Chat,
    };
}
