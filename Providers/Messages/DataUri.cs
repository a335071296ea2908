namespace OrleansLlm.Providers;

/// <summary>A <c>data:</c> URI with base64 content (RFC 2397).</summary>
internal readonly record struct DataUri(string MediaType, string Base64)
{
    /// <summary>Its type and its subtype have at most 127 characters each (RFC 6838).</summary>
    private const int LongestType = 255;

    public static bool Is(string url) => url.StartsWith("data:", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="UpstreamException">The caller's fault.</exception>
    public static DataUri Parse(string url, string where)
    {
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        if (!Is(url) || comma < 0 || !url[..comma].EndsWith(";base64", StringComparison.OrdinalIgnoreCase) || !System.Buffers.Text.Base64.IsValid(url.AsSpan(comma + 1)))
            throw UpstreamException.CallerFault(where, $"{where} must be a data: URI with base64 content.");
        var type = url["data:".Length..comma].Split(';')[0].Trim().ToLowerInvariant();
        if (type.Length > LongestType) throw UpstreamException.CallerFault(where, $"{where} must have a media type of at most {LongestType} characters.");
        // What browsers and people write for JPEG pictures is no type at all, and services refuse it.
        return new DataUri(type switch { "" => "application/octet-stream", "image/jpg" => "image/jpeg", _ => type }, url[(comma + 1)..]);
    }
}
