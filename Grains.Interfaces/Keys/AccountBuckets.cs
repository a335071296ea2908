using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Keys;

/// <summary>
/// How the list of accounts is cut into grains: 256 buckets a kind, by the first byte of a hash, so that no row grows with all of them. A
/// million keys are about 3,900 a bucket. Names of stored state: never changed.
/// </summary>
public static class AccountBuckets
{
    public const int Count = 256;

    /// <summary>The bound of one bucket: four million accounts of a kind in all.</summary>
    public const int MaxEntries = 16_384;

    /// <summary>The index grain's key.</summary>
    public static string Name(AccountKind kind, int bucket) => string.Create(CultureInfo.InvariantCulture, $"{AccountKeys.PrefixOf(kind)}{bucket:x2}");

    public static string Of(AccountKind kind, string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), hash);
        return Name(kind, hash[0]);
    }
}
