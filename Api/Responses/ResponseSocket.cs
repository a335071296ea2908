using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Responses;

/// <summary>
/// <c>GET /v1/responses</c>, at which OpenAI has a web socket. Codex tries it first where the gateway stands in for OpenAI, and takes 426 as the word to ask over
/// HTTP from then on; upon anything else it tries five times more, for seconds, at the beginning of every session.
/// </summary>
internal static class ResponseSocket
{
    public static Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers.Allow = HttpMethods.Post;
        var error = context.Request.Headers.Upgrade.Contains("websocket", StringComparer.OrdinalIgnoreCase)
            ? new ApiError(StatusCodes.Status426UpgradeRequired, "Responses are not told over a web socket here: send POST over HTTP.", "invalid_request_error", "websocket_not_supported")
            : ApiError.MethodNotAllowed(context.Request);
        return ErrorWriter.WriteAsync(context, error);
    }
}
