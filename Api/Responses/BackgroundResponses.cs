using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansLlm.Api.Conversations;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Requests;
using OrleansLlm.Api.Streams;
using OrleansLlm.Api.Telemetry;
using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Responses;

/// <summary>Responses that run without their client: begun, cancelled, and followed as often and from wherever in their events a client likes.</summary>
internal sealed partial class BackgroundResponses(
    IGrainFactory grains, StoredResponses stored, RequestHistory history, LogReaders readers, InferenceWatch watch, ICatalog catalog, TimeProvider time, ILogger<BackgroundResponses> logger)
{
    /// <summary>A node that is stopping begins nothing: under another id the next try may be at another one.</summary>
    private const int Tries = 12;

    /// <summary>Answers at once, when the response is in the store and its inference begun; with <c>stream: true</c> by its events.</summary>
    public async Task StartAsync(HttpContext context, InferenceRequest request)
    {
        // What is known to fail when it runs is better refused now, as it is without background.
        await history.ReadAsync(request.Conversation, request.Response!);
        var refused = await BeginAsync(context, request);
        for (var left = Tries - 1; left > 0 && refused?.Kind == FailureKind.Stopping; left--)
        {
            if (left % 2 == 0) await PassOneOverAsync();
            request = AnewUnderAnotherId(context, request);
            refused = await BeginAsync(context, request);
        }

        if (refused is not null) throw new RequestException(ApiError.From(refused));
        var id = ResponseKeys.IdOf(context.TraceIdentifier);
        var head = new ResponseHead(id, HeadOf(request));
        if (request.Stream) await FollowAsync(context, id, head, after: -1);
        else await JsonBytes.WriteAsync(context, ResponseJson.Of(head, "queued", new Output(head)));
    }

    /// <summary>The id of a response is its request's.</summary>
    private InferenceRequest AnewUnderAnotherId(HttpContext context, InferenceRequest request)
    {
        context.TraceIdentifier = RequestId.New(time.GetUtcNow());
        context.Response.Headers["x-request-id"] = context.TraceIdentifier;
        var owner = ConversationOwner.Of(context, userField: null).Name;
        return request with { Response = request.Response! with { Key = ResponseKeys.Of(owner, ResponseKeys.IdOf(context.TraceIdentifier)) } };
    }

    /// <summary>
    /// A client of the cluster deals grains that are new to it out to the silos in turn, and each try has two, a response and its inference: with two silos all tries would come
    /// to the same one. A grain that is only asked whether it runs, and goes again, takes one turn.
    /// </summary>
    private async Task PassOneOverAsync()
    {
        try
        {
            await stored.InferenceOf(ResponseKeys.IdOf(RequestId.New(time.GetUtcNow()))).IsRunningAsync();
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // It has taken its turn all the same.
        }
    }

    /// <returns>Why it could not be begun, and then nothing is left of it.</returns>
    private async Task<Failure?> BeginAsync(HttpContext context, InferenceRequest request)
    {
        var id = ResponseKeys.IdOf(context.TraceIdentifier);
        var grain = grains.GetGrain<IResponseGrain>(request.Response!.Key!);
        Refuse(await grain.BeginAsync(HeadOf(request)));
        // Its chunks are the events that it is followed by. It is never waited for by a reader, so it is kept like a resumable answer.
        var run = RequestUse.Trace(context, request) with { Stream = true, IncludeUsage = true, ResumableBy = ConversationOwner.Of(context, userField: null).Name };
        Failure? refused;
        try
        {
            refused = await stored.InferenceOf(id).StartInBackgroundAsync(run);
        }
        catch (Exception e) when (Contact.IsLost(context, e))
        {
            LogLost(id, e);
            refused = Failure.GatewayLost;
        }

        if (refused is not null) await grain.EraseAsync(request.User);
        return refused;
    }

    /// <summary><c>POST /v1/responses/{id}/cancel</c>. One that has ended stays as it is.</summary>
    public async Task CancelAsync(HttpContext context)
    {
        var (id, grain, found) = await stored.FindAsync(context);
        if (!found.Head!.Background)
        {
            throw new RequestException(ApiError.BadRequest("Only a response that was created with 'background': true can be cancelled.", null));
        }

        if (found.Status == ResponseStatus.Running)
        {
            // In the store first: whoever polls sees what was asked for, and not how the inference took it.
            found = await grain.CancelAsync();
            await StopAsync(context, id);
        }

        await JsonBytes.WriteAsync(context, ResponseObject.Of(id, found));
    }

    /// <summary><c>GET /v1/responses/{id}?stream=true</c>: the events after one that the client has.</summary>
    public async Task FollowAsync(HttpContext context, string id, ResponseHead head, long after)
    {
        var inference = stored.InferenceOf(id);
        var pipe = new AnswerPipe(context, time, catalog.Current.Settings.ClientStallTimeout);
        var form = new ResponsesForm(head, after);
        try
        {
            switch (await inference.ReadLogAsync(new LogQuery(0, 0, null)))
            {
                case LogPage:
                    await FollowLogAsync(context, inference, pipe, form);
                    return;
                case LogRefused { Reason: LogRefusal.Gone, First: var first }:
                    // Its first events are no more, and without them none has its number. Whole it can be told when it has ended.
                    if (after >= 0 || (await stored.FindAsync(context, id)).Stored is not { Status: not ResponseStatus.Running } ended) throw new RequestException(ApiError.From(Failure.StreamLogFull(first)));
                    await ReplayAsync(pipe, form, ended);
                    return;
            }

            // The events are no more: an answer that was stored is told again, from its beginning only, since it is cut into others.
            if (after >= 0) throw new RequestException(ApiError.From(Failure.StreamNotFound));
            await ReplayAsync(pipe, form, (await stored.FindAsync(context, id)).Stored);
        }
        catch (Exception e) when (Contact.IsLost(context, e))
        {
            LogLost(id, e);
            if (!context.Response.HasStarted) throw new RequestException(ApiError.From(Failure.GatewayLost));
            form.BrokenOff(pipe, Failure.GatewayLost);
            await pipe.FlushAsync();
        }
    }

    private async Task FollowLogAsync(HttpContext context, IInferenceGrain inference, AnswerPipe pipe, ResponsesForm form)
    {
        var answer = new StreamedAnswer(pipe, form);
        answer.Start();
        form.Created(pipe);
        await pipe.FlushAsync();
        await using var reader = readers.Open(inference, caller: null);
        await using var events = watch.Open(inference, stop => reader.ReadAsync(0, stop), context.RequestAborted);
        if (!await events.MoveNextAsync()) return;
        if (events.Current is InferenceFailed failed)
        {
            form.Failed(pipe, failed.Failure);
            await pipe.FlushAsync();
            return;
        }

        await answer.WriteAsync(events, (InferenceStarted)events.Current);
    }

    private static NewResponse HeadOf(InferenceRequest request) => NewResponse.Of(request) with { Input = InputOf(request) };

    /// <summary>The new messages, as they are stored.</summary>
    private static ReadOnlyMemory<byte> InputOf(InferenceRequest request)
    {
        var messages = JsonNode.Parse(request.Body.Span)!["messages"]!.AsArray();
        if (request.Response!.HasInstructions) messages.RemoveAt(0);
        return ResponsesToOpenAi.Utf8(messages)[1..^1];
    }

    private static async Task ReplayAsync(AnswerPipe pipe, ResponsesForm form, StoredResponse response)
    {
        pipe.Start(form.StreamType);
        form.Created(pipe);
        switch (response.Status)
        {
            case ResponseStatus.Answered:
                form.Replay(pipe, response.Completion.Span);
                break;
            case ResponseStatus.Cancelled:
                form.Failed(pipe, new Failure { Kind = FailureKind.Cancelled, Message = "The response was cancelled." });
                break;
            default:
                form.Failed(pipe, response.Failure ?? Failure.GatewayLost);
                break;
        }

        await pipe.FlushAsync();
    }

    private async Task StopAsync(HttpContext context, string id)
    {
        try
        {
            await stored.InferenceOf(id).CancelAsync();
        }
        catch (Exception e) when (Contact.IsLost(context, e))
        {
            LogLost(id, e);
        }
    }

    private static void Refuse(AppendOutcome outcome)
    {
        if (outcome == AppendOutcome.TooLarge)
        {
            throw new RequestException(ApiError.BadRequest("The request is larger than what is kept of a response (gateway_settings.conversations.max_bytes).", null, "response_too_large"));
        }

        if (outcome == AppendOutcome.ListFull)
        {
            throw new RequestException(new ApiError(429, "This user has too many stored responses (gateway_settings.conversations.max_responses).", "requests", "too_many_responses"));
        }
    }

    [LoggerMessage(EventId = 3204, EventName = "BackgroundLost", Level = LogLevel.Warning, Message = "Contact with the inference of response {ResponseId} was lost")]
    private partial void LogLost(string responseId, Exception exception);
}
