using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Inference;

internal static partial class InferenceLog
{
    [LoggerMessage(EventId = 2001, EventName = "AttemptFailed", Level = LogLevel.Warning,
        Message = "Request {RequestId}: {Deployment} failed ({Kind}): {Error}")]
    public static partial void AttemptFailed(this ILogger logger, string requestId, string deployment, string kind, string error);

    [LoggerMessage(EventId = 2002, EventName = "ReleaseFailed", Level = LogLevel.Warning,
        Message = "Lease {LeaseId}: the release did not arrive and is said again; its slot comes back when it has, or when the lease ends")]
    public static partial void ReleaseFailed(this ILogger logger, string leaseId, Exception exception);

    [LoggerMessage(EventId = 2003, EventName = "RenewFailed", Level = LogLevel.Warning, Message = "Lease {LeaseId}: a renewal did not arrive")]
    public static partial void RenewFailed(this ILogger logger, string leaseId, Exception exception);

    [LoggerMessage(EventId = 2013, EventName = "ProofFailed", Level = LogLevel.Warning, Message = "Lease {LeaseId}: the word of its first token did not arrive; its backend's circuit stays half open until it ends")]
    public static partial void ProofFailed(this ILogger logger, string leaseId, Exception exception);

    [LoggerMessage(EventId = 2004, EventName = "StreamFailed", Level = LogLevel.Warning,
        Message = "Request {RequestId}: {Deployment} failed after its first token ({Kind}): {Error}")]
    public static partial void StreamFailed(this ILogger logger, string requestId, string deployment, string kind, string error);

    [LoggerMessage(EventId = 2007, EventName = "Hedged", Level = LogLevel.Information,
        Message = "Request {RequestId}: {Deployment} has no first token after {Late}; {Other} is asked as well")]
    public static partial void Hedged(this ILogger logger, string requestId, string deployment, TimeSpan late, string other);

    [LoggerMessage(EventId = 2008, EventName = "Continued", Level = LogLevel.Information,
        Message = "Request {RequestId}: {Deployment} failed after its first token; {Other} goes on with the answer")]
    public static partial void Continued(this ILogger logger, string requestId, string deployment, string other);

    [LoggerMessage(EventId = 2005, EventName = "InternalError", Level = LogLevel.Error, Message = "Request {RequestId}: unexpected error")]
    public static partial void InternalError(this ILogger logger, string requestId, Exception exception);

    [LoggerMessage(EventId = 2014, EventName = "MessagesNotTold", Level = LogLevel.Warning,
        Message = "Request {RequestId}: its messages are captured, but cannot be read ({Fault}): callbacks and spans are told of it without them")]
    public static partial void MessagesNotTold(this ILogger logger, string requestId, string fault);

    [LoggerMessage(EventId = 8301, EventName = "RequestStopped", Level = LogLevel.Information,
        Message = "Request {RequestId}: it waited when its node was asked to stop, and has no reader who could begin it again elsewhere; whoever asks is told to ask again")]
    public static partial void RequestStopped(this ILogger logger, string requestId);

    [LoggerMessage(EventId = 2006, EventName = "PublishFailed", Level = LogLevel.Warning,
        Message = "Inference {InferenceId}: its stream takes no events; readers page its log instead")]
    public static partial void PublishFailed(this ILogger logger, string inferenceId, Exception exception);

    [LoggerMessage(EventId = 2010, EventName = "SettleFailed", Level = LogLevel.Warning,
        Message = "Request {RequestId}: its limits could not be told that it has ended; they notice by themselves")]
    public static partial void SettleFailed(this ILogger logger, string requestId, Exception exception);

    [LoggerMessage(EventId = 2015, EventName = "BudgetNotKnown", Level = LogLevel.Warning,
        Message = "Request {RequestId}: {Scope} could not say what it has spent; it counts as not spent, and may be overspent")]
    public static partial void BudgetNotKnown(this ILogger logger, string requestId, string scope, Exception exception);

    [LoggerMessage(EventId = 2016, EventName = "OpeningLost", Level = LogLevel.Warning,
        Message = "Inference {InferenceId}: contact with its limits or its conversation was lost in attempt {Attempt}; they are asked again")]
    public static partial void OpeningLost(this ILogger logger, string inferenceId, int attempt, Exception exception);

    [LoggerMessage(EventId = 2009, EventName = "TurnNotStored", Level = LogLevel.Warning,
        Message = "Request {RequestId}: its conversation did not take the turn in attempt {Attempt}")]
    public static partial void TurnNotStored(this ILogger logger, string requestId, int attempt, Exception exception);

    [LoggerMessage(EventId = 7100, EventName = "AskedAgainNotNoted", Level = LogLevel.Warning,
        Message = "Request {RequestId}: its conversation could not note that the words of its last turn are asked once more; a repetition of this request may take that turn's place")]
    public static partial void AskedAgainNotNoted(this ILogger logger, string requestId, Exception exception);

    [LoggerMessage(EventId = 2011, EventName = "BeatenFailed", Level = LogLevel.Warning,
        Message = "{Deployment}: the call that another one was quicker than could not be ended in order; its lease runs out")]
    public static partial void BeatenFailed(this ILogger logger, string deployment, Exception exception);

    [LoggerMessage(EventId = 2012, EventName = "WithdrawalFailed", Level = LogLevel.Warning,
        Message = "Lease {LeaseId}: the queues that it did not need could not be told; a slot that one of them still grants comes back unclaimed")]
    public static partial void WithdrawalFailed(this ILogger logger, string leaseId, Exception exception);

    [LoggerMessage(EventId = 8411, EventName = "ReaderLost", Level = LogLevel.Warning,
        Message = "Inference {Inference}: its front end was not heard for {Seconds} s; the inference ends and its slot is free")]
    public static partial void ReaderLost(this ILogger logger, string inference, double seconds);

    [LoggerMessage(EventId = 8412, EventName = "ReaderNotGivenUp", Level = LogLevel.Warning, Message = "Inference {Inference} could not be told that its front end is gone")]
    public static partial void ReaderNotGivenUp(this ILogger logger, string inference, Exception exception);
}
