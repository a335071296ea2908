using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>Anthropic's error object and statuses (https://docs.anthropic.com/en/api/errors).</summary>
internal sealed class AnthropicErrors : IErrorForm
{
    private const string TooLong = "prompt is too long";

    public static AnthropicErrors Instance { get; } = new();

    /// <summary>What we have no room for is our overload; a limit of the client's is its own.</summary>
    public int StatusOf(ApiError error) => error.Status == 503 || error.Code == "queue_full" ? ErrorTable.Overloaded : error.Status;

    public void WriteHeaders(ApiError error, HttpContext context)
    {
        var headers = context.Response.Headers;
        headers[AnthropicHeaders.RequestId] = context.TraceIdentifier;
        if (error.Limits is { } limits) AnthropicLimits.Write(headers, limits, context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
    }

    public ReadOnlyMemory<byte> ToJson(ApiError error, HttpContext context) => JsonBuffer.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", TypeOf(StatusOf(error)));
        json.WriteString("message", Words(error));
        if (error.Code == AnthropicThreads.Unsupported) AnthropicThreads.WriteDetails(json);
        json.WriteEndObject();
        json.WriteString("request_id", context.TraceIdentifier);
        json.WriteEndObject();
    });

    /// <summary>
    /// Anthropic has no codes for these: its agents look for words of the service's. Upon the one they shorten the conversation, upon the other they leave the file out
    /// of it, which would be refused with every further turn.
    /// </summary>
    private static string Words(ApiError error) => error.Code switch
    {
        ErrorTable.PromptTooLong when !error.Message.Contains(TooLong, StringComparison.OrdinalIgnoreCase) => $"{TooLong}: {error.Message}",
        "file_not_supported" => $"{error.Message} The PDF specified was not valid.",
        _ => error.Message,
    };

    private static string TypeOf(int status) => status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        408 or 504 => "timeout_error",
        ErrorTable.Overloaded => "overloaded_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };
}
