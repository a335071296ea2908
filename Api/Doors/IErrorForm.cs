using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Doors;

/// <summary>How a door says an error. On the metadata of its routes; a route without one has OpenAI's.</summary>
internal interface IErrorForm
{
    /// <summary>The HTTP status; some clients know others than OpenAI's.</summary>
    int StatusOf(ApiError error);

    /// <summary>Headers besides those that every error has.</summary>
    void WriteHeaders(ApiError error, HttpContext context)
    {
    }

    /// <summary>The body as UTF-8 JSON.</summary>
    ReadOnlyMemory<byte> ToJson(ApiError error, HttpContext context);
}
