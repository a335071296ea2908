using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Limits;
using OrleansLlm.Api.Telemetry;

namespace OrleansLlm.Api.Errors;

/// <summary>Writes <see cref="ApiError"/>s: as an answer, or as the last event of a stream.</summary>
internal static class ErrorWriter
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(HttpContext context, ApiError error)
    {
        RequestUse.Of(context)?.Failure = error.Code ?? error.Type;
        // Too late for a status: the connection is cut, so that the client cannot take what it has for a whole answer.
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        var response = context.Response;
        var form = DoorErrors.Of(context);
        response.StatusCode = form?.StatusOf(error) ?? error.Status;
        response.ContentType = "application/json";
        if (error.RetryAfter is { } wait)
        {
            // Rounded up: a client that comes back when told must not be early.
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            // OpenAI's and Anthropic's own clients read this one first.
            if (wait > TimeSpan.Zero && wait < TimeSpan.FromSeconds(1)) response.Headers["retry-after-ms"] = Math.Ceiling(wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        if (error.Attempted is { } attempted)
        {
            response.Headers["x-litellm-attempted-retries"] = attempted.Retries.ToString(CultureInfo.InvariantCulture);
            response.Headers["x-litellm-attempted-fallbacks"] = attempted.Fallbacks.ToString(CultureInfo.InvariantCulture);
        }

        if (error.Limits is { } limits) RateLimitHeaders.Write(response.Headers, limits);
        // No key becomes a better one by being shown again: some agents would try for minutes without a word.
        if (error.RetriesSpent || error.Status == 401) response.Headers["x-should-retry"] = "false";
        if (error.Status == 401)
        {
            // Only where a browser stands before a page does it help to ask it for a password.
            response.Headers.WWWAuthenticate = context.Request.Path.StartsWithSegments("/dashboard") ? "Basic realm=\"OrleansLlm\"" : "Bearer";
        }

        form?.WriteHeaders(error, context);
        var body = form?.ToJson(error, context) ?? ToJson(error);
        response.ContentLength = body.Length;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>OpenAI's <c>{"error":{…}}</c> as UTF-8.</summary>
    public static ReadOnlyMemory<byte> ToJson(ApiError error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, Relaxed);
        writer.WriteStartObject();
        writer.WriteStartObject("error");
        writer.WriteString("message", error.Message);
        writer.WriteString("type", error.Type);
        writer.WriteString("param", error.Param);
        writer.WriteString("code", error.Code);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
