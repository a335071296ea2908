using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Requests;
using OrleansLlm.Api.Streams;
using OrleansLlm.Api.Telemetry;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Doors;

/// <summary>A request to a model, whatever door it comes through. The numbers are those of docs/request-path.md; steps 2 to 8 happen in the grains.</summary>
internal sealed partial class DoorEndpoint(
    IGrainFactory grains, FirstReader reader, RequestBodies bodies, InferenceRequests requests, ICatalog catalog, TimeProvider time, IHostApplicationLifetime lifetime,
    ILogger<DoorEndpoint> logger)
{
    public RequestDelegate For(IDoor door) => context => InvokeAsync(context, door);

    private async Task InvokeAsync(HttpContext context, IDoor door)
    {
        var received = time.GetTimestamp();

        // 1. Read only what is needed; the body stays bytes.
        var body = await bodies.ReadAsync(context);
        var asked = door.Read(context, body);
        var request = requests.For(context, door, asked);
        await (asked.Reply is { } reply ? reply(context) : AnswerAsync(context, door, request, asked.Fields.Unmet.IsEmpty ? asked.Dropped : [.. asked.Dropped, .. asked.Fields.Unmet], received));
    }

    /// <param name="dropped">Parameters that the door could not translate.</param>
    /// <param name="received">When the client's request arrived, as a timestamp.</param>
    public async Task AnswerAsync(HttpContext context, IDoor door, InferenceRequest request, IReadOnlyList<string> dropped, long received)
    {
        request = RequestUse.Trace(context, request);
        var answer = new DoorAnswer(context, door, request, dropped, received, time, catalog.Current.Settings.ClientStallTimeout);
        var tries = new Tries(time);
        try
        {
            while (!await TryAsync(context, request, answer, tries)) await tries.PauseAsync(context.RequestAborted);
        }
        finally
        {
            if (answer.Failure is { } broken) RequestUse.Of(context)?.Failure = FailureNames.Of(broken);
            LogDone(context.TraceIdentifier, request.Model, context.Response.StatusCode, answer.Ended, time.GetElapsedTime(received).TotalMilliseconds);
        }
    }

    /// <summary>
    /// One inference grain's try at the request. Its silo may die under it: before the first token another one starts over and the client
    /// notices nothing but time; after it the client is told by an error event.
    /// </summary>
    /// <returns>False when it should be tried again.</returns>
    private async Task<bool> TryAsync(HttpContext context, InferenceRequest request, DoorAnswer answer, Tries tries)
    {
        var attempt = tries.Attempt;
        var isLost = false;
        var inference = grains.GetGrain<IInferenceGrain>(InferenceIds.Attempt(context.TraceIdentifier, attempt));
        var events = reader.Read(inference, request, context.RequestAborted);
        try
        {
            await using (events) await answer.WriteAsync(events, request.ResumableBy is null ? null : inference.GetPrimaryKeyString());
            return true;
        }
        catch (NodeDrainingException) when (!answer.Started && !context.RequestAborted.IsCancellationRequested && lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // This process is the one that stops. An inference is placed where its front end is, so that each further try would find the same.
            await answer.BreakOffAsync(Failure.Stopping);
            return true;
        }
        catch (Exception e) when (Contact.IsLost(context, e))
        {
            // Nothing is missing of a stream whose end was written.
            if (answer is { Started: true, Ended: true }) return true;
            isLost = true;
            tries.Lose(events.HasAnswered);
            var again = !answer.Started && tries.MayGoOn;
            if (again && e is NodeDrainingException) LogMoved(context.TraceIdentifier, attempt);
            else LogLost(context.TraceIdentifier, attempt, answer.Started, e);
            if (again) return false;
            await answer.BreakOffAsync(answer.Started || events.HasAnswered ? Failure.GatewayLost : Failure.NotReached);
            return true;
        }
        finally
        {
            // A resumable answer goes on without its client, unless that never learned what to resume it by.
            var goesOn = answer.Ended || (request.ResumableBy is not null && context.Response.HasStarted);
            var leaving = events.HasEndedHere ? Task.CompletedTask : LeaveAsync(inference, goesOn, events.IsHere);
            // Whom nobody can reach is told as well, but neither the client nor its next try waits for that.
            if (!isLost) await leaving;
        }
    }

    /// <summary>The client left, or we cut it: say so, whatever state the request is in. Disposal alone is not prompt everywhere. What the request came to is known by then and stays so.</summary>
    private async Task LeaveAsync(IInferenceGrain inference, bool goesOn, bool closesItself)
    {
        try
        {
            if (!goesOn) await inference.CancelAsync();
            if (!closesItself) await inference.CloseAsync();
        }
        catch (Exception e)
        {
            // With its silo, the inference is gone as well: its upstream connection closed, its lease running out. A silo without memory says so by an exception that looks like ours.
            LogLeft(inference.GetPrimaryKeyString(), e);
        }
    }

    [LoggerMessage(EventId = 3101, EventName = "ChatDone", Level = LogLevel.Debug,
        Message = "Request {RequestId}: model {Model}, status {Status}, complete {Complete}, {ElapsedMs:F1} ms")]
    private partial void LogDone(string requestId, string model, int status, bool complete, double elapsedMs);

    [LoggerMessage(EventId = 3102, EventName = "InferenceLost", Level = LogLevel.Warning,
        Message = "Request {RequestId}: contact with its inference was lost in attempt {Attempt}, answer started: {Started}")]
    private partial void LogLost(string requestId, int attempt, bool started, Exception exception);

    [LoggerMessage(EventId = 3104, EventName = "RequestMoved", Level = LogLevel.Information,
        Message = "Request {RequestId}: the node on which it waited in attempt {Attempt} is stopping; it begins again elsewhere")]
    private partial void LogMoved(string requestId, int attempt);

    [LoggerMessage(EventId = 3103, EventName = "CancelLost", Level = LogLevel.Debug, Message = "Inference {Inference} could not be told that its client has left")]
    private partial void LogLeft(string inference, Exception exception);
}
