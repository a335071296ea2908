using System.Diagnostics.CodeAnalysis;

namespace OrleansLlm.Silo.Configuration;

/// <summary>Addresses of backends, in one spelling each.</summary>
internal static class Addresses
{
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? address)
    {
        var candidate = text?.Trim() ?? "";
        // OLLAMA_HOST and friends are often written without a scheme.
        if (!candidate.Contains("://", StringComparison.Ordinal)) candidate = "http://" + candidate;
        if (Uri.TryCreate(candidate, UriKind.Absolute, out address) && address.Scheme is "http" or "https" && address.Host.Length > 0) return true;
        address = null;
        return false;
    }

    /// <summary>Scheme, host, port and path without a trailing slash, user name or query.</summary>
    public static string Normalise(Uri address) => address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');

    public static bool SameServer(Uri a, Uri b) =>
        Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
