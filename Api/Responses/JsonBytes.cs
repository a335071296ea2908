using Microsoft.AspNetCore.Http;

namespace OrleansLlm.Api.Responses;

/// <summary>An answer that is JSON already.</summary>
internal static class JsonBytes
{
    public static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> json)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }
}
