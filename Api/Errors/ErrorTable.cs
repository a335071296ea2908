using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Errors;

/// <summary>The one table from our failures to OpenAI's errors.</summary>
internal static class ErrorTable
{
    /// <summary>The code of what has no row here.</summary>
    public const string Unknown = "failure_of_another_version";

    /// <summary>OpenAI's code of a prompt that does not fit into the model's context.</summary>
    public const string PromptTooLong = "context_length_exceeded";

    /// <summary>Anthropic's status for a service that has too much to do.</summary>
    public const int Overloaded = 529;

    /// <summary>What a client is told to wait where nobody knows better: the length of a default circuit cooldown.</summary>
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Programs that do as they are told sleep for as long as they are told, and say nothing meanwhile: a day on which a budget is reset is not for them. It may be raised before,
    /// and x-budget-reset says when it is over.
    /// </summary>
    private static readonly TimeSpan LongestBudgetWait = TimeSpan.FromMinutes(10);

    public static ApiError For(Failure f)
    {
        var error = f.Kind switch
        {
            FailureKind.BadRequest => ApiError.BadRequest(f.Message, f.Param, f.Code),
            FailureKind.UnknownModel => new ApiError(404, f.Message, "invalid_request_error", "model_not_found", "model"),
            FailureKind.OverLimit => new ApiError(429, f.Message, f.Type ?? "requests", "rate_limit_exceeded"),
            FailureKind.QueueFull => new ApiError(429, f.Message, "requests", "queue_full"),
            FailureKind.QueueTimeout => new ApiError(503, f.Message, "server_error", "queue_timeout"),
            FailureKind.CircuitOpen when f.UpstreamStatus == 429 => new ApiError(429, f.Message, "requests", "rate_limit_exceeded"),
            FailureKind.CircuitOpen => new ApiError(503, f.Message, "server_error", "no_deployments_available"),
            FailureKind.Stopping or FailureKind.CutOff => new ApiError(503, f.Message, "server_error", "gateway_stopping"),
            FailureKind.Draining => new ApiError(503, f.Message, "server_error", "backend_draining"),
            FailureKind.UpstreamStatus => FromUpstream(f),
            FailureKind.UpstreamUnreachable => new ApiError(502, f.Message, "server_error", "upstream_unreachable"),
            FailureKind.UpstreamTimeout => new ApiError(504, f.Message, "server_error", "upstream_timeout"),
            FailureKind.UpstreamProtocol => new ApiError(502, f.Message, "server_error", "upstream_protocol_error"),
            FailureKind.LeaseLost => new ApiError(503, f.Message, "server_error", f.Code ?? "lease_lost"),
            FailureKind.Cancelled => new ApiError(499, f.Message, "invalid_request_error", "client_closed_request"),
            FailureKind.Internal => new ApiError(500, f.Message, "server_error", "internal_error"),
            FailureKind.StreamNotFound => new ApiError(404, f.Message, "invalid_request_error", "stream_not_found"),
            FailureKind.StreamLogFull => new ApiError(410, f.Message, "invalid_request_error", "stream_log_full"),
            FailureKind.ConversationNotStored => new ApiError(503, f.Message, "server_error", "conversation_not_stored"),
            FailureKind.BudgetExceeded => new ApiError(429, f.Message, "budget_exceeded", "budget_exceeded"),
            FailureKind.ConversationNotFound => new ApiError(404, f.Message, "invalid_request_error", "conversation_not_found", "conversation"),
            FailureKind.TurnTaken => new ApiError(409, f.Message, "invalid_request_error", "idempotency_key_reused", f.Param),
            // Of a node of a newer version, in a cluster that is being upgraded or was: its words are right, and only what kind of failure that is nobody knows here.
            _ => new ApiError(503, f.Message, f.Type ?? "server_error", f.Code ?? Unknown, f.Param),
        };
        // A queue that cannot tell when it has room, a budget that is never reset or a limit that the request alone exceeds says nothing rather than a number that is always the same.
        var knowsBest = f.Kind is FailureKind.QueueFull or FailureKind.QueueTimeout or FailureKind.BudgetExceeded;
        var wait = error.Status is 429 or 503 or Overloaded && !knowsBest && !f.RetryIsVain ? f.RetryAfter ?? ShortWait : f.RetryAfter;
        if (f.Kind == FailureKind.BudgetExceeded && wait > LongestBudgetWait) wait = null;
        // Who comes back when told multiplies nothing, and an agent that may not come back gives up its whole task.
        var spent = (f.Retries > 0 || f.Fallbacks > 0) && wait is null;
        return error with { RetryAfter = wait, Attempted = (f.Retries, f.Fallbacks), RetriesSpent = spent || f.RetryIsVain, Limits = f.Limits };
    }

    /// <summary>LiteLLM answers 400 for what it does not know; a 404 would look like a route that is not there.</summary>
    public static ApiError For(ChangeRefused refused) => refused.Reason switch
    {
        ChangeRefusal.Invalid => ApiError.BadRequest(refused.Message, null, "invalid_entry"),
        ChangeRefusal.NotFound => ApiError.BadRequest(refused.Message, null, "not_found"),
        ChangeRefusal.Exists => ApiError.BadRequest(refused.Message, null, "already_exists"),
        ChangeRefusal.Full => new ApiError(409, refused.Message, "invalid_request_error", "too_many_changes"),
        _ => new ApiError(409, refused.Message, "invalid_request_error", Unknown),
    };

    /// <summary>The upstream's own status and words. A refused key or account is the operator's fault, not the client's: it must not look like a refusal of ours.</summary>
    private static ApiError FromUpstream(Failure f)
    {
        var status = f.UpstreamStatus is >= 400 and <= 599 and var s ? s : 502;
        if (f.AccountFault) return new ApiError(502, f.Message, "server_error", "upstream_account_refused");
        if (status is 401 or 403) return new ApiError(502, f.Message, "server_error", "upstream_authentication_failed");
        // Ollama and llama-server say 500 of some prompts that are too long: a client would ask the same again.
        if (f.Code == PromptTooLong && status >= 500) status = 400;
        return new ApiError(status, f.Message, f.Type ?? (status < 500 ? "invalid_request_error" : "server_error"), f.Code, f.Param);
    }
}
