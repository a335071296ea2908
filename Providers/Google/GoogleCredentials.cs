using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Providers.Google;

/// <summary>
/// A Google credentials file: of a service account, whose key signs a request for a token (RFC 7523), or of a person who logged in with
/// gcloud, with a refresh token.
/// </summary>
public sealed class GoogleCredentials
{
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly Dictionary<string, string> _fields;

    private GoogleCredentials(Dictionary<string, string> fields) => _fields = fields;

    public string? Project => _fields.GetValueOrDefault("project_id") ?? _fields.GetValueOrDefault("quota_project_id");

    public Uri TokenEndpoint => new(_fields.GetValueOrDefault("token_uri") ?? "https://oauth2.googleapis.com/token");

    /// <param name="text">The JSON itself, or the path of a file with it.</param>
    /// <exception cref="FormatException">Not such credentials; the message holds none of them.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static GoogleCredentials Read(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{")) text = ReadFile(text);
        try
        {
            using var document = JsonDocument.Parse(text);
            var fields = new Dictionary<string, string>(StringComparer.Ordinal);
            // Of a name that stands twice the last one counts, as with Google's own libraries.
            foreach (var member in document.RootElement.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.String)) fields[member.Name] = member.Value.GetString()!;
            var read = new GoogleCredentials(fields);
            string[] needed = read._fields.GetValueOrDefault("type") switch
            {
                "service_account" => ["client_email", "private_key"],
                "authorized_user" => ["client_id", "client_secret", "refresh_token"],
                var other => throw new FormatException($"Google credentials of type '{other}' are not supported; service_account and authorized_user are."),
            };
            foreach (var name in needed)
            {
                if (!read._fields.ContainsKey(name)) throw new FormatException($"The Google credentials have no {name}.");
            }

            return read;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw new FormatException("The Google credentials are not a JSON object.");
        }
    }

    /// <summary>The form that the token endpoint exchanges for an access token.</summary>
    /// <exception cref="FormatException">The private key cannot be read.</exception>
    public Dictionary<string, string> Form(DateTimeOffset now) => _fields["type"] == "service_account"
        ? new() { ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer", ["assertion"] = Assertion(now) }
        : new()
        {
            ["grant_type"] = "refresh_token", ["client_id"] = _fields["client_id"], ["client_secret"] = _fields["client_secret"],
            ["refresh_token"] = _fields["refresh_token"],
        };

    private static string ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            throw new FormatException("The Google credentials are neither a JSON object nor the path of a file.");
        }
    }

    private string Assertion(DateTimeOffset now)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT" };
        if (_fields.TryGetValue("private_key_id", out var keyId)) header["kid"] = keyId;
        var claims = new JsonObject
        {
            ["iss"] = _fields["client_email"], ["scope"] = Scope, ["aud"] = TokenEndpoint.AbsoluteUri, ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + Lifetime).ToUnixTimeSeconds(),
        };
        var signed = Part(header) + "." + Part(claims);
        using var key = RSA.Create();
        try
        {
            key.ImportFromPem(_fields["private_key"]);
        }
        catch (Exception wrong) when (wrong is ArgumentException or CryptographicException)
        {
            throw new FormatException("The private key of the Google credentials cannot be read.");
        }

        return signed + "." + Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
