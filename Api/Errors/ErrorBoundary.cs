using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Google;
using OrleansLlm.Api.Requests;

namespace OrleansLlm.Api.Errors;

/// <summary>The outermost step: gives every answer its request id, and every failure OpenAI's error object.</summary>
internal sealed partial class ErrorBoundary(RequestDelegate next, TimeProvider time, ILogger<ErrorBoundary> logger)
{
    /// <summary>It passes within seconds: a grain of a lost node is at home elsewhere, a store is back. What it would be wrong to do twice its client has to look at first.</summary>
    private static readonly ApiError Unreachable = new(
        503, "A part of the gateway that this request needs cannot be reached at the moment; ask again. What the request was to change may have been changed.", "server_error", "gateway_unreachable")
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    /// <summary>This process has none left for the request, or a silo has not: its failure arrives as if it were our own.</summary>
    private static readonly ApiError OutOfMemory = Unreachable with
    {
        Message = "A node of the gateway has no memory left for this request; ask again in a moment. What the request was to change may have been changed.",
        Code = "overloaded",
    };

    public async Task InvokeAsync(HttpContext context)
    {
        var id = RequestId.New(time.GetUtcNow());
        context.TraceIdentifier = id;
        context.Response.Headers["x-request-id"] = id;
        context.Response.Headers["x-litellm-call-id"] = RequestId.OfCall(context);
        try
        {
            await next(context);
            if (!context.Response.HasStarted && IsEmptyError(context))
            {
                await ErrorWriter.WriteAsync(context, Unrouted(context));
            }
        }
        catch (RequestException e)
        {
            await ErrorWriter.WriteAsync(context, e.Error);
        }
        catch (BadHttpRequestException e)
        {
            CloseAfterwards(context);
            await ErrorWriter.WriteAsync(context, FromServer(e));
        }
        catch (OperationCanceledException e) when (
            e is ClientGoneException || context.RequestAborted.IsCancellationRequested || e.CancellationToken == context.RequestAborted)
        {
            // Nobody is there to be answered.
            CloseAfterwards(context);
            if (!context.Response.HasStarted) context.Response.StatusCode = 499;
        }
        catch (OutOfMemoryException e) when (!context.RequestAborted.IsCancellationRequested)
        {
            LogOutOfMemory(id, context.Request.Method, ShownPath.Of(context), e);
            await ErrorWriter.WriteAsync(context, OutOfMemory);
        }
        catch (Exception e) when (Contact.IsLost(context, e))
        {
            LogLost(id, context.Request.Method, ShownPath.Of(context), e);
            await ErrorWriter.WriteAsync(context, Unreachable);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogUnexpected(id, context.Request.Method, ShownPath.Of(context), e);
            await ErrorWriter.WriteAsync(context, new ApiError(500, $"The gateway failed to handle the request; the log has the details under {id}.", "server_error", "internal_error"));
        }
    }

    /// <summary>What is left of a body that could not be read is no next request: the server would look for one there, and warn that it cannot.</summary>
    private static void CloseAfterwards(HttpContext context) => context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();

    private static bool IsEmptyError(HttpContext context) =>
        context.Response.StatusCode is 404 or 405 or 415 && context.Response.ContentLength is null && context.Response.ContentType is null;

    private static ApiError Unrouted(HttpContext context) => context.Response.StatusCode switch
    {
        405 => ApiError.MethodNotAllowed(context.Request),
        _ => new ApiError(404, $"Unknown request URL: {context.Request.Method} {context.Request.Path}. " + (GoogleErrors.IsFor(context)
                ? "Clients of Google's API are not served here. Those of OpenAI's, Anthropic's and Ollama's are, also for Gemini's models."
                : LiteLlmRoutes.FamilyOf(context.Request.Path) is { } family ? $"Not every route that LiteLLM has under {family} is here: see docs/operations.md, What is otherwise here."
                : "See /v1/models and /v1/chat/completions."),
            "invalid_request_error", "unknown_url"),
    };

    private static ApiError FromServer(BadHttpRequestException e) => e.StatusCode == StatusCodes.Status413PayloadTooLarge
        ? RequestBody.TooLarge(null)
        : new ApiError(e.StatusCode, e.Message, "invalid_request_error");

    [LoggerMessage(EventId = 3001, EventName = "RequestFailed", Level = LogLevel.Error, Message = "Request {RequestId}: {Method} {Path} failed unexpectedly")]
    private partial void LogUnexpected(string requestId, string method, string path, Exception exception);

    [LoggerMessage(EventId = 8302, EventName = "RequestUnreachable", Level = LogLevel.Warning, Message = "Request {RequestId}: {Method} {Path} could not reach what it needs")]
    private partial void LogLost(string requestId, string method, string path, Exception exception);

    [LoggerMessage(EventId = 8303, EventName = "RequestOutOfMemory", Level = LogLevel.Error, Message = "Request {RequestId}: {Method} {Path} found no memory left, here or on the silo that it was on")]
    private partial void LogOutOfMemory(string requestId, string method, string path, Exception exception);
}
