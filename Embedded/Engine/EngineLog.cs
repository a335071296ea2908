using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Embedded;

internal sealed partial class EngineLog(ILogger logger)
{
    [LoggerMessage(1, LogLevel.Warning, "{Grain} could not be activated.", EventName = "activation_failed")]
    public partial void ActivationFailed(GrainId grain, Exception exception);

    [LoggerMessage(2, LogLevel.Error, "OnDeactivateAsync or disposal of {Grain} failed.", EventName = "deactivation_failed")]
    public partial void DeactivationFailed(GrainId grain, Exception exception);

    [LoggerMessage(3, LogLevel.Warning, "{Grain} is deactivated although calls of it still run: they took longer than the deactivation timeout.", EventName = "deactivation_overdue")]
    public partial void DeactivationOverdue(GrainId grain);

    [LoggerMessage(4, LogLevel.Warning, "The one-way call {Method} on {Grain} failed.", EventName = "one_way_failed")]
    public partial void OneWayFailed(string method, GrainId grain, Exception exception);

    [LoggerMessage(5, LogLevel.Error, "A timer of {Grain} failed; it goes on with its next tick.", EventName = "timer_failed")]
    public partial void TimerFailed(GrainId grain, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "A callback on the cancellation token of {Method} on {Grain} failed.", EventName = "cancellation_callback_failed")]
    public partial void CancellationCallbackFailed(string method, GrainId grain, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "{Method} on {Grain} did not end its enumeration within the response timeout after it was told to.", EventName = "enumeration_overdue")]
    public partial void EnumerationOverdue(string method, GrainId grain);

    [LoggerMessage(8, LogLevel.Warning, "The end of an enumeration of {Method} on {Grain} failed after its reader had left.", EventName = "enumeration_end_failed")]
    public partial void EnumerationEndFailed(string method, GrainId grain, Exception exception);

    [LoggerMessage(9, LogLevel.Warning, "{Count} activations had not ended when the time to stop was over.", EventName = "stop_overdue")]
    public partial void StopOverdue(int count);

    [LoggerMessage(10, LogLevel.Warning, "A subscriber of stream {Stream} failed.", EventName = "subscriber_failed")]
    public partial void SubscriberFailed(StreamId stream, Exception exception);
}
