using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Keys;

/// <summary>
/// How the list of accounts is cut into grains: 256 buckets a kind, by the first byte of a hash. One that gets full is split into sixteen below it,
/// by the next digit, and those likewise: what is written for an account does not grow with how many there are. Names of stored state: never changed.
/// </summary>
public static class AccountBuckets
{
    public const int Count = 256;

    /// <summary>Buckets below one that was split.</summary>
    public const int Below = 16;

    /// <summary>Entries that one bucket has by itself, about 200 bytes each; with one more it is split.</summary>
    public const int MostOwn = 64;

    /// <summary>The bound of one of the 256 with all below it: sixteen million accounts of a kind in all.</summary>
    public const int MaxEntries = 65_536;

    /// <summary>The index grain's key.</summary>
    public static string Name(AccountKind kind, int bucket) => string.Create(CultureInfo.InvariantCulture, $"{AccountKeys.PrefixOf(kind)}{bucket:x2}");

    public static string Of(AccountKind kind, string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), hash);
        return Name(kind, hash[0]);
    }

    /// <summary>All 256 of a kind.</summary>
    public static IEnumerable<string> All(AccountKind kind) => Enumerable.Range(0, Count).Select(bucket => Name(kind, bucket));

    /// <summary>The key of one of the sixteen below a bucket.</summary>
    public static string NameBelow(string bucket, int which) => string.Create(CultureInfo.InvariantCulture, $"{bucket}{which:x}");

    /// <summary>In which of the sixteen below a bucket an id of that bucket belongs.</summary>
    public static int WhichBelow(string bucket, string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), hash);
        var digit = bucket.Length - bucket.IndexOf(':', StringComparison.Ordinal) - 1;
        return digit % 2 == 0 ? hash[digit / 2] >> 4 : hash[digit / 2] & 0xf;
    }
}
