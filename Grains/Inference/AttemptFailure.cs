using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>Why an attempt, or a whole group, has failed, and what may still be tried.</summary>
/// <param name="Class">What the fallbacks and the retry policy go by.</param>
/// <param name="Retryable">The same deployment may do better.</param>
/// <param name="MayMoveOn">Another deployment of the group may do better.</param>
/// <param name="MayFallBack">Another group may do better.</param>
internal sealed record AttemptFailure(Failure Failure, FailureClass Class, bool Retryable, bool MayMoveOn, bool MayFallBack)
{
    /// <param name="callerFault">The request is at fault: it fails the same on every deployment of its model, but another model may take it.</param>
    public static AttemptFailure Of(Failure failure, bool retryable, bool callerFault)
    {
        var kind = FailureClasses.Of(failure);
        var turnedDown = kind is FailureClass.ContextWindow or FailureClass.ContentPolicy;
        return new AttemptFailure(failure, kind, retryable && !turnedDown, !callerFault, MayFallBack: true);
    }

    /// <summary>Nothing of the group could be tried.</summary>
    public static AttemptFailure OfGroup(Failure failure) => new(failure, FailureClasses.Of(failure), Retryable: false, MayMoveOn: false, MayFallBack: true);

    /// <summary>Nothing more is to be tried.</summary>
    public static AttemptFailure Final(Failure failure) => new(failure, FailureClasses.Of(failure), Retryable: false, MayMoveOn: false, MayFallBack: false);
}
