using System.Security.Cryptography;
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
}
