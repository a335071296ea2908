using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>
/// AWS's Signature Version 4 in headers (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). Host, time and token are signed with
/// the body: what is signed for one host is good for no other, and for some minutes only.
/// </summary>
internal static class AwsSignature
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>The headers that the request needs, <c>Authorization</c> among them.</summary>
    /// <param name="signed">Further headers of the request, which are signed as well.</param>
    public static Dictionary<string, string> Headers(
        string method, Uri address, ReadOnlySpan<byte> body, AwsKeys keys, string region, string service, DateTimeOffset now, params ReadOnlySpan<(string Name, string Value)> signed)
    {
        var time = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{time[..8]}/{region}/{service}/aws4_request";
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["host"] = HostOf(address), ["x-amz-date"] = time };
        if (!string.IsNullOrEmpty(keys.SessionToken)) headers["x-amz-security-token"] = keys.SessionToken;
        foreach (var (name, value) in signed) headers[name.ToLowerInvariant()] = Trimmed(value);
        var names = string.Join(';', headers.Keys);
        var request = $"{method}\n{PathOf(address)}\n{QueryOf(address)}\n{string.Concat(headers.Select(h => $"{h.Key}:{h.Value}\n"))}\n{names}\n{Hex(SHA256.HashData(body))}";
        var text = $"{Algorithm}\n{time}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(request)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + keys.SecretAccessKey);
        foreach (var part in scope.Split('/')) key = Hmac(key, part);

        var sent = new Dictionary<string, string>
        {
            ["X-Amz-Date"] = time,
            ["Authorization"] = $"{Algorithm} Credential={keys.AccessKeyId}/{scope}, SignedHeaders={names}, Signature={Hex(Hmac(key, text))}",
        };
        if (headers.TryGetValue("x-amz-security-token", out var token)) sent["X-Amz-Security-Token"] = token;
        return sent;
    }

    /// <summary>As the header says it.</summary>
    private static string HostOf(Uri address)
    {
        var host = address.HostNameType == UriHostNameType.IPv6 ? $"[{address.IdnHost}]" : address.IdnHost;
        return address.IsDefaultPort ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{address.Port}");
    }

    /// <summary>What stands in the address is encoded once more, as with every service but S3: <c>%3A</c> of a model's name is signed as <c>%253A</c>.</summary>
    private static string PathOf(Uri address) => string.Join('/', address.AbsolutePath.Split('/').Select(Uri.EscapeDataString));

    private static string QueryOf(Uri address) => string.Join('&', address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=', 2)).Select(pair => (Name: Encoded(pair[0]), Value: pair.Length > 1 ? Encoded(pair[1]) : ""))
        .OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal)
        .Select(pair => $"{pair.Name}={pair.Value}"));

    private static string Encoded(string part) => Uri.EscapeDataString(Uri.UnescapeDataString(part));

    private static string Trimmed(string value) => string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
