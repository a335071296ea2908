using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Catalog;

/// <summary>
/// The keys that what administrators store is encrypted with. Derived from <c>LITELLM_SALT_KEY</c> and from the master key, as LiteLLM uses them: it is
/// sealed with the first there is, and opened with any. Not from the master key's hash, which the sessions of signed-in browsers are stored under.
/// </summary>
public sealed class StateKeys
{
    /// <summary>Bytes of a key.</summary>
    public const int Length = 32;

    private static readonly byte[] Purpose = "OrleansLlm stored secrets 1"u8.ToArray();

    private StateKeys(ImmutableArray<byte[]> keys) => Keys = keys;

    public static StateKeys None { get; } = new([]);

    /// <summary>The one to seal with first.</summary>
    public ImmutableArray<byte[]> Keys { get; }

    public bool Any => !Keys.IsEmpty;

    /// <param name="secrets">Those to seal with first; null and empty ones are skipped.</param>
    public static StateKeys From(params ReadOnlySpan<string?> secrets)
    {
        var keys = ImmutableArray.CreateBuilder<byte[]>();
        foreach (var secret in secrets)
        {
            if (!string.IsNullOrEmpty(secret)) keys.Add(HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), Length, info: Purpose));
        }

        return keys.Count == 0 ? None : new StateKeys(keys.DrainToImmutable());
    }

    /// <summary>Says how many, and nothing of them.</summary>
    public override string ToString() => $"{Keys.Length} keys";
}
