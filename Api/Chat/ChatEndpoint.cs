using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Conversations;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Requests;
using OrleansLlm.Api.Streams;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary><c>POST /v1/chat/completions</c>. The numbers are those of docs/request-path.md; steps 2 to 8 happen in the grains.</summary>
internal sealed partial class ChatEndpoint(IGrainFactory grains, FirstReader reader, ICatalog catalog, TimeProvider time, ILogger<ChatEndpoint> logger)
{
    /// <summary>
    /// The pauses between the tries at one request, in seconds: close together while a killed silo is found dead, then further apart, 25 s in
    /// all, which a restart of the store fits in. One inference id for each try (<see cref="InferenceIds.Attempt"/>).
    /// </summary>
    private static readonly double[] AgainAfter = [0.5, 0.5, 1, 1, 2, 4, 8, 8];

    private const double MaxSeconds = 30 * 86_400;

    public async Task InvokeAsync(HttpContext context)
    {
        var received = time.GetTimestamp();
        var settings = catalog.Current.Settings;

        // 1. Read only what is needed; the body stays bytes.
        var body = await RequestBody.ReadAsync(context, settings.MaxRequestBytes);
        var fields = ChatScanner.Scan(body.Span);
        var request = ToInference(context, fields, body, settings);

        var answer = new ChatAnswer(context, request.Model, received, time, settings.ClientStallTimeout);
        try
        {
            for (var attempt = 1; !await TryAsync(context, request, answer, attempt); attempt++)
            {
                await Task.Delay(TimeSpan.FromSeconds(AgainAfter[attempt - 1]), time, context.RequestAborted);
            }
        }
        finally
        {
            LogDone(context.TraceIdentifier, request.Model, context.Response.StatusCode, answer.Ended, time.GetElapsedTime(received).TotalMilliseconds);
        }
    }

    /// <summary>
    /// One inference grain's try at the request. Its silo may die under it: before the first token another one starts over and the client
    /// notices nothing but time; after it the client is told by an error event.
    /// </summary>
    /// <returns>False when it should be tried again.</returns>
    private async Task<bool> TryAsync(HttpContext context, InferenceRequest request, ChatAnswer answer, int attempt)
    {
        var inference = grains.GetGrain<IInferenceGrain>(InferenceIds.Attempt(context.TraceIdentifier, attempt));
        try
        {
            await using var events = reader.Read(inference, request, context.RequestAborted);
            await answer.WriteAsync(events, request.Stream, request.ResumableBy is null ? null : inference.GetPrimaryKeyString());
            return true;
        }
        catch (Exception e) when (LostContact.Is(e) && !context.RequestAborted.IsCancellationRequested)
        {
            // Nothing is missing of a stream whose end was written.
            if (answer is { Started: true, Ended: true }) return true;
            LogLost(context.TraceIdentifier, attempt, answer.Started, e);
            if (!answer.Started && attempt <= AgainAfter.Length) return false;
            await answer.BreakOffAsync(Failure.GatewayLost);
            return true;
        }
        finally
        {
            // A resumable answer goes on without its client, unless that never learned what to resume it by.
            var goesOn = answer.Ended || (request.ResumableBy is not null && context.Response.HasStarted);
            await LeaveAsync(inference, goesOn);
        }
    }

    /// <summary>The client left, or we cut it: say so, whatever state the request is in. Disposal alone is not prompt everywhere.</summary>
    private async Task LeaveAsync(IInferenceGrain inference, bool goesOn)
    {
        try
        {
            if (!goesOn) await inference.CancelAsync();
            await inference.CloseAsync();
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // With its silo, the inference is gone as well: its upstream connection closed, its lease running out.
            LogLeft(inference.GetPrimaryKeyString(), e);
        }
    }

    private InferenceRequest ToInference(HttpContext context, ChatFields fields, ReadOnlyMemory<byte> body, GatewaySettings settings)
    {
        var model = string.IsNullOrEmpty(fields.Model) ? settings.DefaultModel : fields.Model;
        if (string.IsNullOrEmpty(model))
        {
            throw new RequestException(ApiError.BadRequest("You must provide a model parameter: this gateway has no default_model.", "model", "missing_required_parameter"));
        }

        var current = catalog.Current;
        var rights = Identity.Of(context).Rights;
        var group = current.FindGroup(model);
        if ((rights?.RefuseModel(model, group?.Name) ?? RefuseFallbacks(rights, fields, current)) is { } denied) throw new RequestException(denied);
        if (group is null && (fields.DisableFallbacks || (fields.Fallbacks.IsEmpty && current.Routing.FallbacksFor(model).IsEmpty)))
        {
            throw new RequestException(ApiError.From(Failure.UnknownModel(model)));
        }

        var headers = context.Request.Headers;
        var user = Caller.UserOf(context, fields.User);
        return new InferenceRequest
        {
            Model = model,
            User = user,
            Key = Caller.KeyHashOf(context),
            PromptEstimate = PromptLength.Tokens(fields.PromptBytes),
            MaxOutputTokens = fields.MaxOutputTokens,
            Body = body,
            Stream = fields.Stream,
            IncludeUsage = fields.IncludeUsage,
            Created = time.GetUtcNow().ToUnixTimeSeconds(),
            TraceParent = headers.TraceParent.Count > 0 ? headers.TraceParent.ToString() : null,
            DisableFallbacks = fields.DisableFallbacks,
            Timeout = Seconds(headers, "x-litellm-timeout", fields.Timeout),
            FirstTokenTimeout = Seconds(headers, "x-litellm-stream-timeout", fields.StreamTimeout),
            Fallbacks = fields.Fallbacks,
            MaxFallbacks = fields.MaxFallbacks,
            ResumableBy = ResumableHeader.Read(context, fields.Stream),
            Conversation = ConversationFields.Read(context, fields),
            Queue = QueueFields.Read(headers, fields, user, settings.Queue, rights),
            Scopes = rights?.ScopesOf(settings.Limits, model, group?.Name) ?? [],
            Retries = (int?)HeaderNumbers.Read(headers, "x-litellm-num-retries", 0, 100) ?? fields.Retries,
        };
    }

    /// <summary>The models that the request itself names as fallbacks are asked for like the first one.</summary>
    private static ApiError? RefuseFallbacks(Rights? rights, ChatFields fields, GatewayCatalog current)
    {
        if (rights is null) return null;
        foreach (var target in fields.Fallbacks)
        {
            if (rights.RefuseModel(target.Model, current.FindGroup(target.Model)?.Name) is { } denied) return denied;
        }

        return null;
    }

    private static TimeSpan? Seconds(IHeaderDictionary headers, string header, double? field) =>
        (HeaderNumbers.Read(headers, header, 0.001, MaxSeconds) ?? field) is { } seconds ? TimeSpan.FromSeconds(Math.Min(seconds, MaxSeconds)) : null;

    [LoggerMessage(EventId = 3101, EventName = "ChatDone", Level = LogLevel.Debug,
        Message = "Request {RequestId}: model {Model}, status {Status}, complete {Complete}, {ElapsedMs:F1} ms")]
    private partial void LogDone(string requestId, string model, int status, bool complete, double elapsedMs);

    [LoggerMessage(EventId = 3102, EventName = "InferenceLost", Level = LogLevel.Warning,
        Message = "Request {RequestId}: contact with its inference was lost in attempt {Attempt}, answer started: {Started}")]
    private partial void LogLost(string requestId, int attempt, bool started, Exception exception);

    [LoggerMessage(EventId = 3103, EventName = "CancelLost", Level = LogLevel.Debug, Message = "Inference {Inference} could not be told that its client has left")]
    private partial void LogLeft(string inference, Exception exception);
}
