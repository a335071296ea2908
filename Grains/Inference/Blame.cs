using OrleansLlm.Backends;
using OrleansLlm.Providers;

namespace OrleansLlm.Grains.Inference;

/// <summary>What a backend learns from a failed upstream call: whose fault it was, and what to keep away from.</summary>
internal static class Blame
{
    public static SlotOutcome For(UpstreamFailure failure, FailureClass kind) => failure switch
    {
        // Nobody was asked: a circuit that is half open has learned nothing.
        { NothingSent: true } => SlotOutcome.Withdrawn,
        // It was turned down for what it is.
        { CallerFault: true } or { Kind: FailureKind.NotOffered } => SlotOutcome.CallerFault,
        // Whatever the status says: it has read the prompt and turned it down.
        _ when kind is FailureClass.ContextWindow or FailureClass.ContentPolicy => SlotOutcome.CallerFault,
        { KeyRefused: true } => SlotOutcome.KeyRefused,
        // A smaller one would be taken.
        { Status: 413 } => SlotOutcome.CallerFault,
        // The service is alive; it lacks the model or the operation, or does not let this account use it, for whatever reason.
        { AccountFault: true } or { Status: 403 or 404 or 501 } => SlotOutcome.ModelRefused,
        // Without a time to wait it is a failure like any other: enough of them open the circuit.
        { Status: 429, RetryAfter: not null } => SlotOutcome.RateLimited,
        { Kind: FailureKind.ConnectFailed or FailureKind.ConnectTimeout } => SlotOutcome.Unreachable,
        _ => SlotOutcome.Failed,
    };

    /// <summary>By which the failure is counted, where it is a backend's.</summary>
    public static FaultClass ClassOf(FailureClass kind) => kind switch
    {
        FailureClass.Timeout => FaultClass.Timeout,
        FailureClass.RateLimit => FaultClass.RateLimit,
        FailureClass.Authentication => FaultClass.Authentication,
        _ => FaultClass.Server,
    };
}
