using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Limits;

/// <summary>How the list of scopes is cut into grains: 256 buckets by the first byte of a hash. Names of stored state: never changed.</summary>
public static class ScopeBuckets
{
    /// <summary>The bound of one bucket: four million scopes in all.</summary>
    public const int MaxEntries = 16_384;

    /// <summary>The index grain's key.</summary>
    public static string Of(string scope) => SHA256.HashData(Encoding.UTF8.GetBytes(scope))[0].ToString("x2", CultureInfo.InvariantCulture);
}
