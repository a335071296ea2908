using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// The region and the keys of a deployment at Amazon Bedrock; LiteLLM's keys and AWS's environment variables. Who is to be asked first for a key (a role, a profile, an
/// identity of the web, the machine's own metadata) is not asked by this version.
/// </summary>
internal static class AwsAccountReader
{
    /// <summary>LiteLLM's.</summary>
    private const string DefaultRegion = "us-west-2";

    /// <summary>Each of them says that somebody else is asked as.</summary>
    private static readonly string[] NotAsked = ["aws_role_name", "aws_profile_name", "aws_web_identity_token"];

    /// <returns>Null when the deployment cannot be served for want of it; that is reported.</returns>
    public static DeploymentAccount? Read(ConfigSection p, string? ofModel, Func<string, string?> variable)
    {
        var region = p.String("aws_region_name") ?? ofModel ?? First(variable, "AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION") ?? DefaultRegion;
        if (!IsRegion(region))
        {
            p.Report.Error(p.PathOf("aws_region_name"), p.Line, $"expected a region such as {DefaultRegion}: small letters, digits and '-' only");
            return null;
        }

        var hasKey = p.Take("api_key") is { Value: ConfigScalar { Text.Length: > 0 } };
        if (!hasKey && Array.Find(NotAsked, p.Has) is { } identity)
        {
            p.Report.LeftOut(p.PathOf(identity), p.Line, "is not supported by this version: give it an api_key, or aws_access_key_id and aws_secret_access_key");
            return null;
        }

        if (!TryReadKeys(p, hasKey, variable, out var keys)) return null;
        return new DeploymentAccount { Location = region, Aws = keys };
    }

    /// <summary>Where the models of a region are served.</summary>
    public static string RegionalBase(DeploymentAccount account) =>
        $"https://bedrock-runtime.{account.Location}.amazonaws.com{(account.Location!.StartsWith("cn-", StringComparison.Ordinal) ? ".cn" : "")}";

    /// <summary>The deployment's own key, else its own access key, else the environment's in the same order.</summary>
    /// <param name="keys">Null: a key is sent.</param>
    private static bool TryReadKeys(ConfigSection p, bool hasKey, Func<string, string?> variable, out AwsAccessKey? keys)
    {
        keys = null;
        var (id, secret, token) = Lines(p, p.String("aws_access_key_id"), p.String("aws_secret_access_key"), p.String("aws_session_token"));
        if (hasKey) return true;
        if (id is null && secret is null)
        {
            if (First(variable, "AWS_BEARER_TOKEN_BEDROCK") is not null) return true;
            (id, secret, token) = Lines(p, First(variable, "AWS_ACCESS_KEY_ID"), First(variable, "AWS_SECRET_ACCESS_KEY"), First(variable, "AWS_SESSION_TOKEN"));
        }

        if (id is not null && secret is not null)
        {
            keys = new AwsAccessKey(id, secret, token);
            return true;
        }

        p.Report.LeftOut(
            p.PathOf(id is null ? "aws_access_key_id" : "aws_secret_access_key"), p.Line,
            "is missing: Bedrock is asked with an api_key (AWS_BEARER_TOKEN_BEDROCK), or with an access key in the file or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; profiles, roles and the machine's own account are not asked");
        return false;
    }

    private static (string? Id, string? Secret, string? Token) Lines(ConfigSection p, string? id, string? secret, string? token) =>
        (Line(p, "aws_access_key_id", id), Line(p, "aws_secret_access_key", secret), Line(p, "aws_session_token", token));

    /// <summary>It becomes a part of a header.</summary>
    private static string? Line(ConfigSection p, string key, string? text) => text is { Length: > 0 } ? HeaderReader.Clean(p, key, text) : null;

    /// <summary>It becomes a part of a host's name: with anything else in it, of another host's.</summary>
    private static bool IsRegion(string text) => text.Length is > 0 and <= 63 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static string? First(Func<string, string?> variable, params string[] names) =>
        names.Select(variable).FirstOrDefault(value => !string.IsNullOrEmpty(value));
}
