using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Google;
using OrleansLlm.Api.Ollama;

namespace OrleansLlm.Api.Doors;

/// <summary>In which form a client is told an error.</summary>
internal static class DoorErrors
{
    /// <summary>The route's; where there is no route, that of those who have routes next to it. Null: OpenAI's.</summary>
    public static IErrorForm? Of(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IErrorForm>() is { } form) return form;
        if (context.Request.Path.StartsWithSegments("/api")) return OllamaErrors.Instance;
        if (GoogleErrors.IsFor(context)) return GoogleErrors.Instance;
        var isAnthropic = context.Request.Path.StartsWithSegments("/v1/messages") || context.Request.Path.StartsWithSegments("/anthropic");
        return isAnthropic ? AnthropicErrors.Instance : null;
    }
}
