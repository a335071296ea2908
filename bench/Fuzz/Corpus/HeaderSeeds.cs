namespace OrleansLlm.Bench.Fuzz.Corpus;

/// <summary>Headers and query parameters that some route looks at, with a value that it takes.</summary>
internal static class HeaderSeeds
{
    public static readonly (string Name, string Value)[] Headers =
    [
        ("x-litellm-timeout", "9"), ("x-litellm-stream-timeout", "9"), ("x-litellm-num-retries", "0"), ("x-litellm-call-id", "mine"), ("x-litellm-priority", "3"), ("x-queue-timeout", "5"), ("x-queue-comments", "true"),
        ("x-conversation-id", "fuzz"), ("x-resumable", "true"), ("Idempotency-Key", "k1"), ("x-stainless-retry-count", "1"), ("Last-Event-ID", "1"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "a=b"), ("baggage", "a=b"), ("Accept", "application/json"), ("Accept-Encoding", "gzip"), ("Content-Type", "application/json"), ("Cookie", "orleansllm-session=x"), ("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site"),
        ("x-orleansllm-ui", "1"), ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "https"), ("anthropic-version", "2023-06-01"), ("anthropic-beta", "x"), ("OpenAI-Organization", "o"), ("api-key", "k"), ("x-api-key", "k"),
        ("User-Agent", "fuzz"), ("Cache-Control", "no-cache"), ("Range", "bytes=0-1"), ("If-None-Match", "\"x\""), ("Content-Encoding", "identity"), ("X-HTTP-Method-Override", "DELETE"),
    ];

    public static readonly (string Name, string Value)[] Query =
    [
        ("after", "msg_1"), ("key", "<key>"), ("limit", "10"), ("litellm_model_id", "x"), ("order", "asc"), ("starting_after", "0"), ("stream", "true"), ("user", "ada"), ("api_key", "<key>"), ("group_by", "model"), ("model", "MODEL"),
        ("request_id", "req-1"), ("summarize", "true"), ("team_id", "fuzz-team"), ("user_id", "fuzz-user"), ("after_id", "a"), ("before_id", "b"), ("by", "model"), ("days", "7"), ("format", "csv"), ("slow", "1"), ("status", "failed"),
        ("start_date", "2026-01-01"), ("end_date", "2026-12-31"), ("last_event_id", "1"), ("include", "x"), ("page", "1"), ("size", "5"), ("page_size", "5"), ("api-version", "2024-10-21"), ("beta", "true"), ("include_team_keys", "true"), ("return_full_object", "true"),
    ];
}
