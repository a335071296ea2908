using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Streams;

/// <summary><c>GET</c> and <c>DELETE /v1/streams/{id}</c>: answers asked for with <c>x-resumable: true</c>, from any node.</summary>
internal sealed partial class StreamEndpoints(IGrainFactory grains, LogReaders readers, InferenceWatch watch, ICatalog catalog, TimeProvider time, ILogger<StreamEndpoints> logger)
{
    /// <summary>Goes on after the event the client saw last, with the bytes the first reader got or would have got.</summary>
    public async Task ResumeAsync(HttpContext context)
    {
        var from = ResumePoint.Of(context.Request);
        var (inference, caller) = Find(context);
        var answer = new StreamedAnswer(new AnswerPipe(context, time, catalog.Current.Settings.ClientStallTimeout), new ChatForm(from.LastSeen + 1));
        try
        {
            // Decides the status; nothing is read yet.
            if (await inference.ReadLogAsync(new LogQuery(from.LastSeen + 1, 0, caller)) is LogRefused refused) throw from.Refuse(refused);
            context.Response.Headers[AnswerHeaders.StreamId] = inference.GetPrimaryKeyString();
            answer.Start();
            // The client may have to wait for the next event, but not for the answer's head.
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await using var reader = readers.Open(inference, caller);
            await using var events = watch.Open(inference, stop => reader.ReadAsync(from.LastSeen + 1, stop), context.RequestAborted);
            await answer.WriteAsync(events, started: null);
        }
        catch (Exception e) when (Contact.IsLost(context, e))
        {
            LogLost(inference.GetPrimaryKeyString(), e);
            if (context.Response.HasStarted) await answer.BreakOffAsync(Failure.GatewayLost);
            else await ErrorWriter.WriteAsync(context, ApiError.From(Failure.GatewayLost));
        }
    }

    /// <summary>Ends the inference. Its readers get the end as an event, and what there is can be read until it expires.</summary>
    public async Task CancelAsync(HttpContext context)
    {
        var (inference, caller) = Find(context);
        try
        {
            if (!await inference.CancelResumableAsync(caller)) throw new RequestException(ApiError.From(Failure.StreamNotFound));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (Exception e) when (Contact.IsLost(context, e))
        {
            LogLost(inference.GetPrimaryKeyString(), e);
            await ErrorWriter.WriteAsync(context, ApiError.From(Failure.GatewayLost));
        }
    }

    private (IInferenceGrain Inference, string Caller) Find(HttpContext context)
    {
        // Only an id that can be one wakes a grain.
        var id = (string)context.Request.RouteValues["id"]!;
        if (!InferenceIds.IsInference(id)) throw new RequestException(ApiError.From(Failure.StreamNotFound));
        return (grains.GetGrain<IInferenceGrain>(id), Caller.OwnerOf(context));
    }

    [LoggerMessage(EventId = 3202, EventName = "StreamLost", Level = LogLevel.Warning, Message = "Contact with inference {Inference} was lost")]
    private partial void LogLost(string inference, Exception exception);
}
