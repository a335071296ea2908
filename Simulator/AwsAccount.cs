using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansLlm.Simulator;

/// <summary>
/// The only account at the simulated Bedrock, with the keys of AWS's own examples. A request needs a bearer token, whichever, or a signature of this account's that is right
/// for what has arrived (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
/// </summary>
public static partial class AwsAccount
{
    public const string AccessKeyId = "AKIDEXAMPLE";
    public const string SecretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    public const string SessionToken = "simulated-session-token";

    /// <exception cref="RefusedException">Nobody's request, or not as it was signed.</exception>
    internal static byte[] Check(HttpContext http, byte[] body)
    {
        var request = http.Request;
        var said = request.Headers.Authorization.ToString();
        if (said.StartsWith("Bearer ", StringComparison.Ordinal)) return body;
        if (Said().Match(said) is not { Success: true } parts) throw new RefusedException(403, "Missing Authentication Token", "MissingAuthenticationTokenException");
        if (parts.Groups["key"].Value != AccessKeyId) throw new RefusedException(403, "The security token included in the request is invalid.", "UnrecognizedClientException");
        var names = parts.Groups["names"].Value.Split(';');
        // A token that is not signed could be another's.
        string[] needed = request.Headers.ContainsKey("x-amz-security-token") ? ["host", "x-amz-date", "x-amz-security-token"] : ["host", "x-amz-date"];
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var canonical = string.Join('\n', [
            request.Method,
            // Encoded once more than it stands there.
            target.Split('?')[0].Replace("%", "%25", StringComparison.Ordinal),
            target.Contains('?', StringComparison.Ordinal) ? string.Join('&', target.Split('?')[1].Split('&').Order(StringComparer.Ordinal)) : "",
            .. names.Select(name => $"{name}:{request.Headers[name].ToString().Trim()}"),
            "",
            string.Join(';', names),
            Convert.ToHexStringLower(SHA256.HashData(body)),
        ]);
        var time = request.Headers["x-amz-date"].ToString();
        var scope = parts.Groups["scope"].Value;
        var text = $"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = scope.Split('/').Aggregate(Encoding.UTF8.GetBytes("AWS4" + SecretAccessKey), (k, part) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(part)));
        var isRight = needed.All(names.Contains) && scope.StartsWith(time.Split('T')[0] + "/", StringComparison.Ordinal) && scope.EndsWith("/bedrock/aws4_request", StringComparison.Ordinal)
            && Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))) == parts.Groups["signature"].Value;
        return isRight
            ? body
            : throw new RefusedException(403, $"The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been\n'{canonical}'", "InvalidSignatureException");
    }

    [GeneratedRegex(@"^AWS4-HMAC-SHA256 Credential=(?<key>[^/]+)/(?<scope>[^,]+), SignedHeaders=(?<names>[^,]+), Signature=(?<signature>[0-9a-f]{64})$")]
    private static partial Regex Said();
}
