using OrleansLlm.Catalog;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Google;

namespace OrleansLlm.Silo.Configuration;

/// <summary>What Azure, Vertex AI and Bedrock want to know besides a key; LiteLLM's keys and environment variables.</summary>
internal static class AccountReader
{
    private const string DefaultLocation = "us-central1";

    /// <returns>Null when the deployment cannot be served for want of it; that is reported.</returns>
    /// <param name="region">AWS's, where the name of the model says it.</param>
    public static DeploymentAccount? Read(ConfigSection p, ProviderEntry provider, string? region, Func<string, string?> variable)
    {
        if (provider.Wire != UpstreamWire.VertexAi)
        {
            foreach (var key in new[] { "vertex_project", "vertex_location", "vertex_credentials" }) p.Ignore(key, "used by vertex_ai only");
        }

        if (provider.Wire is UpstreamWire.Azure or UpstreamWire.AzureAi && LacksToken(p, provider, variable))
        {
            p.Report.LeftOut(p.PathOf("tenant_id"), p.Line, "tokens of Entra ID are not fetched by this version: give it an api_key or an azure_ad_token");
            return null;
        }

        if (provider.Wire == UpstreamWire.Azure) return new DeploymentAccount { ApiVersion = p.String("api_version") ?? First(variable, "AZURE_API_VERSION") };
        // The variable is of Azure's OpenAI, whose versions this one does not have.
        if (provider.Wire == UpstreamWire.AzureAi) return p.String("api_version") is { Length: > 0 } version ? new DeploymentAccount { ApiVersion = version } : DeploymentAccount.None;
        p.Ignore("api_version", "used by azure and azure_ai only");
        return provider.Wire switch
        {
            UpstreamWire.VertexAi => ReadVertex(p, variable),
            UpstreamWire.Bedrock => AwsAccountReader.Read(p, region, variable),
            _ => DeploymentAccount.None,
        };
    }

    /// <summary>A token of Entra ID that somebody else keeps fresh, in place of a key.</summary>
    /// <param name="key">What there is instead: with <c>azure_ai</c> it comes before the variable, as in LiteLLM.</param>
    public static string? AzureToken(ConfigSection p, ProviderEntry provider, string? key, Func<string, string?> variable) =>
        (p.String("azure_ad_token") ?? (provider.Prefix == "azure_ai" && key is not null ? null : First(variable, "AZURE_AD_TOKEN"))) is { Length: > 0 } token ? HeaderReader.Clean(p, "azure_ad_token", token) : null;

    /// <summary>It has credentials for a token, and nothing that can be sent as it is.</summary>
    private static bool LacksToken(ConfigSection p, ProviderEntry provider, Func<string, string?> variable) =>
        p.Has("tenant_id") && !p.Has("api_key") && !p.Has("azure_ad_token") && First(variable, [.. provider.KeyVariables, "AZURE_AD_TOKEN"]) is null;

    /// <summary>Where the models of a location are served.</summary>
    public static string? RegionalBase(ProviderEntry provider, DeploymentAccount account) => provider.Wire switch
    {
        UpstreamWire.VertexAi => VertexBase(account),
        UpstreamWire.Bedrock => AwsAccountReader.RegionalBase(account),
        _ => null,
    };

    private static string VertexBase(DeploymentAccount account) => account.Location switch
    {
        null or "global" => "https://aiplatform.googleapis.com",
        // Several regions at once: "us" and "eu".
        { } several when !several.Contains('-', StringComparison.Ordinal) => $"https://aiplatform.{several}.rep.googleapis.com",
        { } region => $"https://{region}-aiplatform.googleapis.com",
    };

    /// <summary>
    /// The machine's own account, and what lies in its files, is not the administrator's to give away: to an address of theirs goes only a token of credentials that
    /// they have brought. Whoever writes the file may send it where they like.
    /// </summary>
    /// <param name="key">A token that somebody else keeps fresh; null: one is fetched.</param>
    public static bool MayBeSentTo(Uri apiBase, ConfigSection p, DeploymentAccount account, string? key) =>
        p.Line > 0 || !string.IsNullOrEmpty(key) || IsGoogles(apiBase) || (p.Has("vertex_credentials") && account.Credentials?.TrimStart().StartsWith('{') is true);

    private static bool IsGoogles(Uri address) => address.Scheme == Uri.UriSchemeHttps && address.IdnHost.EndsWith(".googleapis.com", StringComparison.OrdinalIgnoreCase);

    /// <summary>It becomes a part of a host's name: with anything else in it, of another host's.</summary>
    private static bool IsLocation(string text) => text.Length is > 0 and <= 63 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static DeploymentAccount? ReadVertex(ConfigSection p, Func<string, string?> variable)
    {
        var credentials = ReadCredentials(p) ?? First(variable, "VERTEXAI_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS");
        var project = p.String("vertex_project") ?? First(variable, "VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT") ?? ProjectOf(credentials);
        var location = p.String("vertex_location") ?? First(variable, "VERTEXAI_LOCATION", "VERTEX_LOCATION") ?? DefaultLocation;
        if (project is null)
        {
            p.Report.LeftOut(p.PathOf("vertex_project"), p.Line, "is missing: neither the file, VERTEXAI_PROJECT nor readable credentials name a project");
            return null;
        }

        if (!IsLocation(location))
        {
            p.Report.Error(p.PathOf("vertex_location"), p.Line, $"expected a region such as {DefaultLocation}, or global: letters, digits and '-' only");
            return null;
        }

        return new DeploymentAccount
        {
            Project = project,
            Location = location,
            Credentials = credentials,
            MetadataServer = First(variable, "GCE_METADATA_HOST") is { } host && Uri.TryCreate("http://" + host, UriKind.Absolute, out var address) ? address : null,
        };
    }

    /// <summary>A path, the JSON as text, or the JSON as a mapping.</summary>
    private static string? ReadCredentials(ConfigSection p)
    {
        if (p.Take("vertex_credentials") is { Value: ConfigMap map } entry)
        {
            p.Report.Honoured(p.PathOf(entry.Key), entry.Line);
            return map.ToJsonElement().GetRawText();
        }

        return p.String("vertex_credentials") is { Length: > 0 } text ? text : null;
    }

    private static string? ProjectOf(string? credentials)
    {
        try
        {
            return credentials is null ? null : GoogleCredentials.Read(credentials).Project;
        }
        catch (Exception unreadable) when (unreadable is IOException or FormatException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? First(Func<string, string?> variable, params string[] names) =>
        names.Select(variable).FirstOrDefault(value => !string.IsNullOrEmpty(value));
}
