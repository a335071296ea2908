using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Api.Access;

/// <summary>What is kept and compared of a key.</summary>
internal static class KeyHash
{
    public const int Length = SHA256.HashSizeInBytes * 2;

    private const int ShownCharacters = 4;

    /// <summary>SHA-256 in lower hex digits.</summary>
    public static string Of(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    public static bool IsHash(string text) => text.Length == Length && text.All(char.IsAsciiHexDigitLower);

    /// <summary>So much of a key that two can be told apart, and no more than a quarter of it.</summary>
    public static string Mask(string key) => key.Length >= ShownCharacters * 4 ? "sk-..." + key[^ShownCharacters..] : "sk-...";

    /// <summary>In a time that does not tell how much is right.</summary>
    public static bool Is(string key, ReadOnlySpan<byte> expected)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        return CryptographicOperations.FixedTimeEquals(hash, expected);
    }
}
