using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>Whether and when a group is tried again. Pure.</summary>
/// <param name="policy">By the class of the failure.</param>
/// <param name="requested">What the request itself says; null: nothing.</param>
/// <param name="configured">The gateway's <c>num_retries</c>.</param>
/// <param name="pause">Before the same deployment is tried again; zero: the usual one.</param>
internal sealed class RetryRules(RetryPolicy policy, int? requested, int configured, TimeSpan pause)
{
    /// <summary>An upstream that asks for more patience than this is not waited for (the OpenAI clients' bound).</summary>
    private static readonly TimeSpan LongestAskedFor = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    /// <param name="used">Retries of this group so far.</param>
    /// <param name="own">The failed deployment's own <c>num_retries</c>.</param>
    /// <param name="othersLeft">Deployments of the group that have not been tried yet.</param>
    /// <param name="hasFallback">Another group stands by.</param>
    /// <returns>Null: no more. A wait of null is the usual pause.</returns>
    public RetryDecision? After(AttemptFailure failure, int used, int? own, bool othersLeft, bool hasFallback)
    {
        // A number in the request is the last word; then a policy for the class; then the deployment's and the gateway's.
        var byPolicy = requested is null ? For(failure.Class) : null;
        if (used >= (byPolicy ?? requested ?? own ?? configured)) return null;
        if (byPolicy is null && !failure.MayMoveOn) return null;
        if (othersLeft) return new RetryDecision(TimeSpan.Zero);
        if (byPolicy is null && !failure.Retryable) return null;
        var asked = failure.Failure.RetryAfter ?? TimeSpan.Zero;
        if (asked > LongestAskedFor) return null;
        // Waiting again where another could answer at once only costs the client time.
        if (byPolicy is null && hasFallback && (asked > TimeSpan.Zero || failure.Class is FailureClass.Timeout or FailureClass.RateLimit or FailureClass.Unreachable)) return null;
        var wait = asked > pause ? asked : pause;
        return new RetryDecision(wait > TimeSpan.Zero ? wait : null);
    }

    /// <summary>
    /// A retry that has waited as it was told, and comes a moment before the deployment may be asked again: the deployment counts from when it heard of
    /// the failure, or of that of another request, and timers are not exact.
    /// </summary>
    /// <param name="decided">Upon which the retry has come.</param>
    /// <param name="refused">Why it got no slot.</param>
    /// <returns>Null: that is no moment.</returns>
    public static TimeSpan? StillToWait(RetryDecision? decided, AttemptFailure refused)
    {
        if (decided is not { Wait: { } waited } || waited <= TimeSpan.Zero) return null;
        if (refused.Failure is not { Kind: FailureKind.CircuitOpen, RetryAfter: { } rest } || rest > Moment) return null;
        // A timer counts whole milliseconds, and ends up to one of them early.
        return TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds) + 1);
    }

    private int? For(FailureClass kind) => kind switch
    {
        FailureClass.BadRequest or FailureClass.ContextWindow => policy.BadRequest,
        FailureClass.Authentication => policy.Authentication,
        FailureClass.Timeout => policy.Timeout,
        FailureClass.RateLimit => policy.RateLimit,
        FailureClass.ContentPolicy => policy.ContentPolicy,
        _ => policy.InternalServer,
    };
}

/// <param name="Wait">Null: the usual pause, which doubles.</param>
internal readonly record struct RetryDecision(TimeSpan? Wait);
