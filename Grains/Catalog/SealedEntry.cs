using System.Security.Cryptography;
using System.Text;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Catalog;

/// <summary>
/// An overlay's entry as it is stored: encrypted and bound to its id (AES-256-GCM), so that neither can be read or moved to another id without the key.
/// <c>sealed:1:</c> and the Base64 of nonce, tag and text.
/// </summary>
internal static class SealedEntry
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <returns>The entry as it is where there is no key, or where it could not be opened before.</returns>
    public static string Seal(OverlayEntry entry, StateKeys keys)
    {
        if (!keys.Any || entry.IsSealed) return entry.Json;
        var text = Encoding.UTF8.GetBytes(entry.Json);
        var sealedBytes = new byte[NonceBytes + TagBytes + text.Length];
        var nonce = sealedBytes.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(keys.Keys[0], TagBytes);
        cipher.Encrypt(nonce, text, sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(entry.Key));
        return OverlayEntry.SealedPrefix + Convert.ToBase64String(sealedBytes);
    }

    /// <returns>The entry as it was given; still sealed where no key fits; what was stored before there was a key, as it is.</returns>
    public static OverlayEntry Open(string id, string stored, StateKeys keys)
    {
        var entry = new OverlayEntry(id, stored);
        if (!entry.IsSealed || !TryDecode(stored, out var bytes)) return entry;
        foreach (var key in keys.Keys)
        {
            if (TryDecrypt(key, id, bytes) is { } json) return entry with { Json = json };
        }

        return entry;
    }

    /// <summary>Whether it is stored as it would be stored now.</summary>
    public static bool IsUpToDate(string id, string stored, StateKeys keys) =>
        !keys.Any || (new OverlayEntry(id, stored).IsSealed && (!TryDecode(stored, out var bytes) || TryDecrypt(keys.Keys[0], id, bytes) is not null || Open(id, stored, keys).IsSealed));

    private static bool TryDecode(string stored, out byte[] bytes)
    {
        bytes = new byte[stored.Length];
        if (!Convert.TryFromBase64Chars(stored.AsSpan(OverlayEntry.SealedPrefix.Length), bytes, out var length) || length < NonceBytes + TagBytes) return false;
        bytes = bytes[..length];
        return true;
    }

    private static string? TryDecrypt(byte[] key, string id, byte[] bytes)
    {
        var text = new byte[bytes.Length - NonceBytes - TagBytes];
        try
        {
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(bytes.AsSpan(0, NonceBytes), bytes.AsSpan(NonceBytes + TagBytes), bytes.AsSpan(NonceBytes, TagBytes), text, Encoding.UTF8.GetBytes(id));
            return Encoding.UTF8.GetString(text);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
