using Microsoft.Extensions.Logging;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Ledger;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Telemetry;

/// <summary>Passes a request's end on to whoever wants to know. A fault of one of them costs no request and no other one.</summary>
internal sealed partial class RequestReports(ILedger ledger, IEnumerable<IRequestObserver> observers, ICatalog catalog, ILogger<RequestReports> logger)
{
    private readonly IRequestObserver[] _observers = [.. observers];

    /// <summary>The operator wants prompts and answers in them.</summary>
    public bool WantMessages => catalog.Current.Settings.Telemetry.CaptureMessages;

    /// <summary>Somebody is told of traces by the words that clients have for theirs.</summary>
    public bool WantTraces => catalog.Current.Settings.Telemetry.Callbacks.Langfuse is not null;

    /// <summary>What the log may say of a failure: a service's own sentence, which may repeat the prompt, only where prompts are wanted.</summary>
    public string WordsOf(Failure failure) => WantMessages ? failure.Message : failure.ForOthers;

    public void Add(RequestReport report)
    {
        ledger.Add(report.Row);
        foreach (var observer in _observers)
        {
            try
            {
                observer.Ended(report);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogFailed(observer.GetType().Name, report.Row.RequestId, e);
            }
        }
    }

    [LoggerMessage(EventId = 6001, EventName = "ObserverFailed", Level = LogLevel.Error, Message = "{Observer} could not take in the end of request {RequestId}")]
    private partial void LogFailed(string observer, string requestId, Exception exception);
}
