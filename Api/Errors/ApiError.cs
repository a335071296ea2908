using Microsoft.AspNetCore.Http;
using OrleansLlm.Inference;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Errors;

/// <summary>OpenAI's error object with its HTTP status. All four fields are on the wire, absent ones as null.</summary>
internal sealed record ApiError(int Status, string Message, string Type, string? Code = null, string? Param = null)
{
    /// <summary>No longer than <see cref="ShownWords"/> says, whatever of the client's it repeats.</summary>
    public string Message { get; init => field = ShownWords.OfMessage(value); } = ShownWords.OfMessage(Message);

    /// <summary>The field at fault, likewise.</summary>
    public string? Param { get; init => field = ShownWords.OfField(value); } = ShownWords.OfField(Param);

    /// <summary>For <c>Retry-After</c>; null: no header.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>For LiteLLM's headers: retries and fallbacks that were tried; null: the request did not come so far.</summary>
    public (int Retries, int Fallbacks)? Attempted { get; init; }

    /// <summary>Our own retries are spent and the client's, who is told no time to come back, would only multiply them; or no retry can ever succeed (<c>x-should-retry: false</c>).</summary>
    public bool RetriesSpent { get; init; }

    /// <summary>For the <c>x-ratelimit-*</c> headers; null: the request did not get as far as its limits.</summary>
    public LimitStanding? Limits { get; init; }

    public static ApiError BadRequest(string message, string? param, string? code = null) => new(400, message, "invalid_request_error", code, param);

    public static ApiError MethodNotAllowed(HttpRequest request) =>
        new(StatusCodes.Status405MethodNotAllowed, $"Method {request.Method} is not allowed for {request.Path}.", "invalid_request_error", "method_not_allowed");

    public static ApiError From(Failure failure) => ErrorTable.For(failure);
}
