using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Api.Doors;

/// <summary>
/// A name of a tool that is longer than models take, as those of an agent's servers may be: its end is a hash, LiteLLM's form. The same in every request, so that the calls of
/// its history have it too.
/// </summary>
internal static class LongToolName
{
    /// <summary>What OpenAI, Gemini and Bedrock take.</summary>
    private const int Longest = 64;

    public static bool IsLong(string name) => name.Length > Longest;

    public static string Fitted(string name)
    {
        if (!IsLong(name)) return name;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 4));
        return $"{name.AsSpan(0, Longest - hash.Length - 1)}_{hash}";
    }
}
