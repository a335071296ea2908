using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>Classes of failures, as LiteLLM's retry policies and fallbacks tell them apart.</summary>
internal enum FailureClass
{
    Other,
    BadRequest,
    ContextWindow,
    ContentPolicy,
    Authentication,
    Timeout,
    RateLimit,

    /// <summary>No connection at all.</summary>
    Unreachable,
}

/// <summary>Which class a failure belongs to. Services have no common code for the two that matter most: their words are looked at.</summary>
internal static class FailureClasses
{
    private static readonly string[] TooLong =
    [
        "context_length_exceeded", "maximum context length", "context length of", "exceed_context_size", "exceeds the available context size",
        "context window", "prompt is too long", "input is too long", "input token count", "too many tokens", "maximum number of tokens",
        "exceed context limit", "exceeds the context length", "`max_new_tokens` must be <=", "input tokens exceeded", "too many input tokens",
    ];

    private static readonly string[] AgainstPolicy =
    [
        "content_policy_violation", "content_filter", "content management policy", "content policy", "safety system", "responsible ai",
        "blocked by our moderation", "violates our usage",
    ];

    public static FailureClass Of(Failure failure) => failure.Kind switch
    {
        FailureKind.UpstreamTimeout or FailureKind.QueueTimeout => FailureClass.Timeout,
        FailureKind.UpstreamUnreachable => FailureClass.Unreachable,
        FailureKind.CircuitOpen when failure.UpstreamStatus == 429 => FailureClass.RateLimit,
        FailureKind.OverLimit or FailureKind.QueueFull => FailureClass.RateLimit,
        FailureKind.UpstreamStatus when failure.AccountFault => FailureClass.Authentication,
        // Its words are the client's tags.
        FailureKind.BadRequest when failure.Code == Failures.NoTags => FailureClass.BadRequest,
        FailureKind.BadRequest or FailureKind.UpstreamStatus => ByWords(failure),
        _ => FailureClass.Other,
    };

    private static FailureClass ByWords(Failure failure) => failure.UpstreamStatus switch
    {
        null or 400 or 413 or 422 when Says(failure, TooLong) => FailureClass.ContextWindow,
        null or 400 or 403 or 422 when Says(failure, AgainstPolicy) => FailureClass.ContentPolicy,
        // Ollama and llama-server answer some prompts that are too long with a 500.
        >= 500 when Says(failure, TooLong) => FailureClass.ContextWindow,
        401 or 403 => FailureClass.Authentication,
        408 or 504 => FailureClass.Timeout,
        429 or 498 => FailureClass.RateLimit,
        413 when failure.Code == "rate_limit_exceeded" => FailureClass.RateLimit,
        >= 400 and < 500 and not 404 => FailureClass.BadRequest,
        _ => FailureClass.Other,
    };

    public static bool SaysTooLong(string? code) => code is not null && TooLong.Contains(code, StringComparer.OrdinalIgnoreCase);

    private static bool Says(Failure failure, string[] words) => words.Any(word =>
        failure.Message.Contains(word, StringComparison.OrdinalIgnoreCase)
        || string.Equals(failure.Code, word, StringComparison.OrdinalIgnoreCase)
        || failure.Type?.Contains(word, StringComparison.OrdinalIgnoreCase) is true);
}
