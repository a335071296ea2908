using System.Text;

namespace OrleansLlm.Api.Responses;

/// <summary>
/// A text that a client is to send back as it is, without reading it: base64 behind a word that says what it is, so that what another service has made is told apart.
/// It is no secret.
/// </summary>
internal static class SealedText
{
    public static string Of(string prefix, string text) => prefix + Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <returns>As UTF-8; null: it is none of these.</returns>
    public static byte[]? Read(string prefix, string text)
    {
        if (!text.StartsWith(prefix, StringComparison.Ordinal)) return null;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64Chars(text.AsSpan(prefix.Length), bytes, out var length) ? bytes[..length] : null;
    }
}
