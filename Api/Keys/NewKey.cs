using System.Buffers.Text;
using System.Security.Cryptography;
using OrleansLlm.Api.Admin;

namespace OrleansLlm.Api.Keys;

/// <summary>Makes keys. This is the only moment in which one exists here; what stays is its hash.</summary>
internal static class NewKey
{
    private const string Prefix = "sk-";
    private const int RandomBytes = 24;
    private const int Shortest = 16;
    private const int Longest = 256;

    /// <param name="wish">The key that the administrator wants it to be; null: a random one.</param>
    /// <param name="field">Where the wish was said.</param>
    public static string Make(string? wish, string field)
    {
        if (wish is null)
        {
            Span<byte> bytes = stackalloc byte[RandomBytes];
            RandomNumberGenerator.Fill(bytes);
            return Prefix + Base64Url.EncodeToString(bytes);
        }

        if (wish.StartsWith(Prefix, StringComparison.Ordinal) && wish.Length is >= Shortest and <= Longest && wish.All(c => c is > ' ' and < '\x7f')) return wish;
        throw AdminBody.Wrong(field, $"a key of {Shortest} to {Longest} visible ASCII characters that starts with 'sk-'");
    }
}
