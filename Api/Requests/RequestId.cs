using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Requests;

/// <summary>The one id factory: 128 random bits, so that an id can be neither guessed nor made to collide by a client.</summary>
internal static class RequestId
{
    public static string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return InferenceIds.RequestPrefix + Convert.ToHexStringLower(bytes);
    }

    /// <summary>The client's own id for the call comes back if it is a plain short word; else ours.</summary>
    public static string OfCall(HttpContext context)
    {
        var given = context.Request.Headers["x-litellm-call-id"].ToString();
        return given.Length is > 0 and <= 128 && given.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':') ? given : context.TraceIdentifier;
    }
}
