using System.Collections.Immutable;
using System.Globalization;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Providers;
using FailureKind = OrleansLlm.Inference.FailureKind;
using UpstreamFailureKind = OrleansLlm.Providers.FailureKind;

namespace OrleansLlm.Grains.Inference;

/// <summary>Turns what backends and upstreams say into the one <see cref="Failure"/> a client is told.</summary>
internal static class Failures
{
    /// <summary>OpenAI's code of a prompt that does not fit into the model's context.</summary>
    private const string TooLong = "context_length_exceeded";

    /// <summary>The code of <see cref="NotForTags"/>.</summary>
    public const string NoTags = "no_deployments_for_tags";

    public static Failure Cancelled { get; } = new() { Kind = FailureKind.Cancelled, Message = "The client closed the request." };

    public static Failure Internal { get; } = new()
    {
        Kind = FailureKind.Internal,
        Message = "The gateway failed to handle the request; the log has the details under this request id.",
    };

    public static Failure LeaseLost { get; } = new()
    {
        Kind = FailureKind.LeaseLost,
        Message = "The gateway lost its hold on the backend's slot and stopped the inference; trying again is safe.",
    };

    public static Failure TooManyLogs { get; } = new()
    {
        Kind = FailureKind.OverLimit,
        Message = "This gateway keeps as many resumable answers as it may (gateway_settings.resumable.max_total_bytes); ask again later, or without 'x-resumable'.",
    };

    /// <summary>The answer itself was complete.</summary>
    public static Failure TurnNotStored(string why) => new()
    {
        Kind = FailureKind.ConversationNotStored,
        Message = $"The answer is complete, but the conversation does not have this turn: {why}.",
    };

    /// <summary>And would not be with another answer either, which would cost as much as this one.</summary>
    public static Failure TurnNeverStored(string why) => TurnNotStored(why) with { RetryIsVain = true };

    public static Failure TurnTaken { get; } = new()
    {
        Kind = FailureKind.TurnTaken,
        Message = "An earlier turn of this conversation has this 'Idempotency-Key' and asked something else: give every turn a key of its own.",
        Param = "Idempotency-Key",
        RetryIsVain = true,
    };

    public static Failure TurnTooLarge(long most) => new()
    {
        Kind = FailureKind.BadRequest,
        Message = $"The new messages are larger than a whole conversation may be ({most} bytes, gateway_settings.conversations.max_bytes).",
        Param = "messages",
        Code = "conversation_turn_too_large",
    };

    public static Failure TaskTooLarge(ConversationOptions bounds) => new()
    {
        Kind = FailureKind.BadRequest,
        Message = $"The results of the tools do not fit into the conversation, not even with nothing but the question and the call that they belong to ({bounds.MaxBytes} bytes and {bounds.MaxTurns} turns, gateway_settings.conversations.max_bytes and max_turns).",
        Param = "messages",
        Code = "conversation_task_too_large",
    };

    /// <summary>Those that the request's configuration has, and may serve it, are not in the one in force any more.</summary>
    public static Failure Gone(string model) => new() { Kind = FailureKind.Draining, Message = GoneOf(model) };

    private static string GoneOf(string model) => $"Every backend of model {model} is being drained or has been removed.";

    /// <summary>No candidate gave a slot. The reason that promises a slot soonest is the one worth telling.</summary>
    public static Failure NoSlot(string model, ImmutableArray<SlotRefused> refusals)
    {
        // None of them could be reached: a node of the gateway was lost, and has not been replaced within a minute.
        if (refusals.IsEmpty) return Failure.GatewayLost;

        var told = refusals.MinBy(r => (Patience(r), r.RetryAfter ?? TimeSpan.MaxValue))!;
        var isRateLimited = refusals.All(r => r is { Reason: RefusalReason.OverLimit } or { Reason: RefusalReason.Sidelined, RateLimited: true });
        var (kind, message) = told.Reason switch
        {
            RefusalReason.QueueFull => (FailureKind.QueueFull, $"Every backend of model {model} is busy and its queue is full."),
            RefusalReason.DeadlinePassed => (FailureKind.QueueTimeout, $"No backend of model {model} had a free slot within the queue timeout."),
            RefusalReason.OverLimit => (FailureKind.OverLimit, $"No deployments available for selected model {model}: {told.Detail}."),
            RefusalReason.DeadlineTooShort => (FailureKind.QueueTimeout,
                $"No backend of model {model} expects a free slot within the queue timeout; the request was not queued."),
            // The sentence is LiteLLM's: its clients look for it. So is the status of the first case, 429.
            RefusalReason.Sidelined when isRateLimited => (FailureKind.CircuitOpen,
                $"No deployments available for selected model {model}: all of them are rate limited{(told.Detail is null ? "." : $"; the last: {told.Detail}")}"),
            RefusalReason.CircuitOpen or RefusalReason.Sidelined => (FailureKind.CircuitOpen,
                $"No deployments available for selected model {model}: all of them are cooling down after failures{(told.Detail is null ? "." : $"; the last: {told.Detail}")}"),
            _ => (FailureKind.Draining, GoneOf(model)),
        };
        return new Failure
        {
            Kind = kind,
            Message = message,
            RetryAfter = told.RetryAfter,
            RetryIsVain = refusals.All(IsForGood),
            UpstreamStatus = isRateLimited && kind == FailureKind.CircuitOpen ? 429 : null,
        };
    }

    /// <summary>Told before any backend is bothered.</summary>
    public static Failure NotOffered(string model, InferenceKind kind, IEnumerable<string> providers) => new()
    {
        Kind = FailureKind.BadRequest,
        Message = $"No deployment of model {model} can answer {(kind == InferenceKind.Embedding ? "embeddings" : "text completions")}: "
            + $"{string.Join(", ", providers.Distinct().Order(StringComparer.Ordinal))} does not offer them.",
        Param = "model",
        Code = "operation_not_supported",
    };

    /// <summary>No deployment has anything left to spend. The first sentence is LiteLLM's, and so is the status, 429.</summary>
    /// <param name="resetAt">When the first of the budgets begins anew; null: none does.</param>
    public static Failure BudgetsSpent(string model, DateTimeOffset? resetAt) => new()
    {
        Kind = FailureKind.BudgetExceeded,
        Message = $"No deployments available - crossed budget. Passed model={model}: what its deployments or their providers may cost (litellm_params.max_budget, router_settings.provider_budget_config) is spent"
            + (resetAt is { } at ? $" until {at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}." : "."),
        RetryIsVain = true,
    };

    /// <summary>
    /// The first sentence is LiteLLM's: its clients look for it. Its status, 401, is not: a client would take its key for refused, and ask its user for another one,
    /// where only other tags help.
    /// </summary>
    public static Failure NotForTags(string model, ImmutableArray<string> tags, bool all) => new()
    {
        Kind = FailureKind.BadRequest,
        Message = $"Not allowed to access model due to tags configuration. Passed model={model} and tags=[{string.Join(", ", tags.Select(tag => $"'{tag}'"))}]: no deployment of it has "
            + $"{(all ? "all of them" : "one of them")}, or the tag 'default' in their place.",
        Param = "tags",
        Code = NoTags,
    };

    /// <summary>Told before any backend is bothered. Code and words are OpenAI's.</summary>
    public static Failure PromptTooLong(string model, long tokens, long most) => new()
    {
        Kind = FailureKind.BadRequest,
        Message = $"The maximum context length of model {model} is {most} tokens; the messages have about {tokens}.",
        Param = "messages",
        Code = TooLong,
    };

    /// <summary>What a client has asked for to see its fallbacks; the statuses are LiteLLM's.</summary>
    public static Failure Simulated(string model, FallbackKind kind)
    {
        var (word, status, code) = kind switch
        {
            FallbackKind.ContextWindow => ("mock_testing_context_fallbacks", 400, TooLong),
            FallbackKind.ContentPolicy => ("mock_testing_content_policy_fallbacks", 400, "content_policy_violation"),
            _ => ("mock_testing_fallbacks", 500, null),
        };
        return new Failure
        {
            Kind = FailureKind.UpstreamStatus,
            UpstreamStatus = status,
            Code = code,
            Message = $"This is a mock exception for model={model}, to trigger a fallback, as the request asks for ({word}). No backend was asked.",
        };
    }

    public static Failure From(UpstreamFailure failure, string deployment)
    {
        var told = Told(failure, deployment);
        var kind = FailureClasses.Of(told);
        // As Blame has it: turned down for what it asks, whatever the status says, or nothing was sent.
        var refused = failure.CallerFault || failure.Kind == UpstreamFailureKind.NotOffered || kind is FailureClass.ContextWindow or FailureClass.ContentPolicy;
        // Clients shorten a conversation upon this code, or upon what a door says in its place: most services have no code for it, vLLM the status, and DeepSeek that of any bad request.
        return told with { CallerFault = refused, Code = kind == FailureClass.ContextWindow && !FailureClasses.SaysTooLong(told.Code) ? TooLong : told.Code };
    }

    private static Failure Told(UpstreamFailure failure, string deployment) => new()
    {
        Kind = failure.Kind switch
        {
            UpstreamFailureKind.Status or UpstreamFailureKind.ErrorEvent or UpstreamFailureKind.NotOffered => FailureKind.UpstreamStatus,
            UpstreamFailureKind.ConnectFailed or UpstreamFailureKind.ConnectionLost => FailureKind.UpstreamUnreachable,
            UpstreamFailureKind.ConnectTimeout or UpstreamFailureKind.FirstTokenTimeout
                or UpstreamFailureKind.StallTimeout or UpstreamFailureKind.TotalTimeout => FailureKind.UpstreamTimeout,
            _ => FailureKind.UpstreamProtocol,
        },
        Message = failure.CallerFault ? failure.Message : $"{deployment}: {failure.Message}",
        Summary = $"{deployment}: {failure.Summary}",
        UpstreamStatus = failure.Status,
        Param = failure.Param,
        Type = failure.Type,
        Code = failure.Code,
        RetryAfter = failure.RetryAfter,
        AccountFault = failure.AccountFault,
    };

    /// <summary>The request alone is more than the deployment's limit.</summary>
    private static bool IsForGood(SlotRefused refused) => refused is { Reason: RefusalReason.OverLimit, RetryAfter: null };

    private static int Patience(SlotRefused refused) => refused.Reason switch
    {
        _ when IsForGood(refused) => 4,
        RefusalReason.DeadlinePassed or RefusalReason.DeadlineTooShort => 0,
        RefusalReason.QueueFull => 1,
        RefusalReason.OverLimit => 2,
        RefusalReason.CircuitOpen or RefusalReason.Sidelined => 3,
        _ => 5,
    };
}
