using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Providers;

/// <summary>
/// A <c>user</c> that is longer than OpenAI takes, as Claude Code's is (about 150 characters): told as its hash, which is the same in every request. Limits, the ledger and
/// conversations go by what the client has said.
/// </summary>
internal static class LongUser
{
    /// <summary>Characters that OpenAI takes; just those of a SHA-256 in hex.</summary>
    public const int Longest = 64;

    /// <returns>Null: it goes as it is.</returns>
    public static string? Shortened(string user) => user.Length <= Longest ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(user)));
}
