using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Requests;

/// <summary>The one id factory: 128 random bits, so that an id can be neither guessed nor made to collide by a client.</summary>
internal static class RequestId
{
    private const int Bytes = 16;

    /// <summary>Random bytes of the system's generator: what it costs is to ask it, and hardly how much for. Each is used once.</summary>
    [ThreadStatic]
    private static (byte[] Random, int Used) t_kept;

    public static string New()
    {
        ref var kept = ref t_kept;
        if (kept.Random is null || kept.Used == kept.Random.Length) kept = (RandomNumberGenerator.GetBytes(Bytes * 64), 0);
        kept.Used += Bytes;
        return InferenceIds.RequestPrefix + Convert.ToHexStringLower(kept.Random.AsSpan(kept.Used - Bytes, Bytes));
    }

    /// <summary>The client's own id for the call comes back if it is a plain short word; else ours.</summary>
    public static string OfCall(HttpContext context)
    {
        var given = context.Request.Headers["x-litellm-call-id"].ToString();
        return given.Length is > 0 and <= 128 && given.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':') ? given : context.TraceIdentifier;
    }
}
