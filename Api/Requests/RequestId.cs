using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Requests;

/// <summary>
/// The one id factory: the milliseconds since 1970 in 48 bits and 80 random ones. So an id can be neither guessed nor made to collide by a client, and what is stored by its id is
/// stored in the order of time: an index of random ids is written to all over, once a row, and the more of it the more rows there are.
/// </summary>
internal static class RequestId
{
    private const int TimeBytes = 6;
    private const int Bytes = 10;

    /// <summary>Random bytes of the system's generator: what it costs is to ask it, and hardly how much for. Each is used once.</summary>
    [ThreadStatic]
    private static (byte[] Random, int Used) t_kept;

    public static string New(DateTimeOffset now)
    {
        ref var kept = ref t_kept;
        if (kept.Random is null || kept.Used == kept.Random.Length) kept = (RandomNumberGenerator.GetBytes(Bytes * 64), 0);
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, now.ToUnixTimeMilliseconds());
        Span<byte> id = stackalloc byte[TimeBytes + Bytes];
        time[^TimeBytes..].CopyTo(id);
        kept.Random.AsSpan(kept.Used, Bytes).CopyTo(id[TimeBytes..]);
        kept.Used += Bytes;
        return InferenceIds.RequestPrefix + Convert.ToHexStringLower(id);
    }

    /// <summary>The client's own id for the call comes back if it is a plain short word; else ours.</summary>
    public static string OfCall(HttpContext context)
    {
        var given = context.Request.Headers["x-litellm-call-id"].ToString();
        return given.Length is > 0 and <= 128 && given.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':') ? given : context.TraceIdentifier;
    }
}
