namespace OrleansLlm.Telemetry;

/// <summary>What became of requests to models, counted once each when they have ended.</summary>
public sealed class RequestMetrics(MetricSet set)
{
    /// <summary>Who and what, as LiteLLM labels it, but for users: there are as many as there are people, and their names are nobody's business here.</summary>
    private static readonly string[] Account = ["model", "hashed_api_key", "api_key_alias", "team", "requested_model"];

    private static readonly string[] Cached = ["model", "hashed_api_key", "api_key_alias", "team", "model_id", "api_provider"];

    public CounterMetric Ended { get; } = set.Counter(
        "orleansllm_requests", "", "Requests by how they ended: success, queue_full, cancelled…", "requested_model", "status");

    public CounterMetric Spend { get; } = set.Counter("litellm_spend_metric", "{USD}", "US dollars, of requests whose price is known", Account);

    public CounterMetric TotalTokens { get; } = set.Counter("litellm_total_tokens_metric", "{token}", "Prompt and completion tokens", Account);

    public CounterMetric InputTokens { get; } = set.Counter("litellm_input_tokens_metric", "{token}", "Prompt tokens", Account);

    public CounterMetric OutputTokens { get; } = set.Counter("litellm_output_tokens_metric", "{token}", "Completion tokens", Account);

    public HistogramMetric Latency { get; } = set.Histogram(
        "litellm_request_total_latency_metric", "s", "Time from a request's inference to its end, successes only", Buckets.LiteLlmLatency, Account);

    public HistogramMetric ApiLatency { get; } = set.Histogram(
        "litellm_llm_api_latency_metric", "s", "Time of the upstream call that served a request", Buckets.LiteLlmLatency, Account);

    public HistogramMetric FirstToken { get; } = set.Histogram(
        "litellm_llm_api_time_to_first_token_metric", "s", "Time from the upstream call to its first token", Buckets.LiteLlmLatency, Account);

    public HistogramMetric Overhead { get; } = set.Histogram(
        "litellm_overhead_latency_metric", "s", "Time of a request that was neither the upstream's nor the queue's, of requests served at the first attempt", Buckets.LiteLlmLatency, "model");

    public HistogramMetric QueueTime { get; } = set.Histogram(
        "litellm_request_queue_time_seconds", "s", "Time a request that was served has waited for slots", Buckets.Wait, "requested_model");

    public CounterMetric CacheHits { get; } = set.Counter("litellm_cache_hits_metric", "", "Requests answered from the cache", Cached);

    public CounterMetric CacheMisses { get; } = set.Counter("litellm_cache_misses_metric", "", "Requests answered for which the cache was asked in vain", Cached);

    public CounterMetric CachedTokens { get; } = set.Counter("litellm_cached_tokens_metric", "{token}", "Prompt and completion tokens of requests answered from the cache", Cached);

    public CounterMetric SuccessfulFallbacks { get; } = set.Counter(
        "litellm_deployment_successful_fallbacks", "", "Requests that another model group has answered", "requested_model", "fallback_model");

    public CounterMetric FailedFallbacks { get; } = set.Counter(
        "litellm_deployment_failed_fallbacks", "", "Requests whose fallbacks have failed as well", "requested_model", "exception_class");

    public HistogramMetric OperationDuration { get; } = set.Histogram(
        "gen_ai.client.operation.duration", "s", "Duration of a model operation with its waits, retries and fallbacks",
        Buckets.GenAiDuration, "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "error.type");

    public HistogramMetric TokenUsage { get; } = set.Histogram(
        "gen_ai.client.token.usage", "{token}", "Tokens of one request",
        Buckets.GenAiTokens, "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.token.type");

    public HistogramMetric ServerFirstToken { get; } = set.Histogram(
        "gen_ai.server.time_to_first_token", "s", "Time from the upstream call to its first token",
        Buckets.GenAiFirstToken, "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model");

    public HistogramMetric ServerPerToken { get; } = set.Histogram(
        "gen_ai.server.time_per_output_token", "s", "Time per token after the first",
        Buckets.GenAiPerToken, "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model");
}
