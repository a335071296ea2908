using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers.AzureAi;

/// <summary>
/// Where a model of Azure AI Foundry is asked. A resource has three doors (https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/endpoints): <c>/models</c>, which wants a version,
/// <c>/openai/v1</c>, which wants none, and <c>/anthropic</c> for Claude. A model that is served without a resource (<c>….models.ai.azure.com</c>) has an address of its own.
/// </summary>
internal static class AzureAiAddress
{
    /// <summary>The one that the reference of <c>/models</c> is of.</summary>
    public const string DefaultVersion = "2024-05-01-preview";

    private const string Version = "api-version=";
    private const string Models = "/models";
    private const string NewerDoor = "/openai/v1";
    private const string Deployments = "/openai/deployments/";
    private const string ClaudesDoor = "/anthropic";
    private const string Foundry = ".services.ai.azure.com";

    /// <summary>What may stand behind a resource's own address.</summary>
    private static readonly string[] Doors = [Models, NewerDoor, Deployments, "/openai", "/api/projects/"];

    /// <summary>Hosts of resources, which take the key in a header of their own; others take it as a bearer token, as LiteLLM sends it.</summary>
    private static readonly string[] Resources = [Foundry, ".openai.azure.com", ".cognitiveservices.azure.com"];

    public static bool IsResource(Uri apiBase) => Array.Exists(Resources, host => IsAt(apiBase, host));

    public static Uri Of(UpstreamRequest request)
    {
        var apiBase = request.ApiBase!;
        var given = WithoutOperation(apiBase.AbsolutePath.TrimEnd('/'));
        if (IsResource(apiBase) && (given.Length == 0 || given.StartsWith("/api/projects/", StringComparison.Ordinal))) given = IsAt(apiBase, Foundry) ? Models : NewerDoor;
        var whole = new UriBuilder(apiBase) { Path = $"{given}/{OpenAiDialect.Path(request.Operation)}" };
        if (!whole.Query.Contains(Version, StringComparison.Ordinal) && VersionFor(given, request) is { } version)
            whole.Query = $"{whole.Query.TrimStart('?')}{(whole.Query.Length > 1 ? "&" : "")}{Version}{Uri.EscapeDataString(version)}";
        return whole.Uri;
    }

    /// <summary>The same resource, named as Anthropic's own service would be.</summary>
    public static Uri OfClaude(Uri apiBase)
    {
        var given = apiBase.AbsolutePath.TrimEnd('/');
        if (given.Contains(ClaudesDoor, StringComparison.Ordinal)) return apiBase;
        given = WithoutOperation(given);
        var door = Doors.Select(name => given.IndexOf(name, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(given.Length).Min();
        return new UriBuilder(apiBase) { Path = given[..door] + ClaudesDoor, Query = "" }.Uri;
    }

    private static string? VersionFor(string path, UpstreamRequest request) => path switch
    {
        _ when path.EndsWith(NewerDoor, StringComparison.Ordinal) => null,
        _ when path.Contains(Deployments, StringComparison.Ordinal) => request.Account.ApiVersion ?? AzureDialect.DefaultVersion,
        _ => request.Account.ApiVersion ?? (path.EndsWith(Models, StringComparison.Ordinal) ? DefaultVersion : null),
    };

    /// <summary>LiteLLM takes whole addresses as well.</summary>
    private static string WithoutOperation(string path)
    {
        foreach (var operation in Enum.GetValues<UpstreamOperation>())
        {
            var end = "/" + OpenAiDialect.Path(operation);
            if (path.EndsWith(end, StringComparison.Ordinal)) return path[..^end.Length];
        }

        return path;
    }

    private static bool IsAt(Uri apiBase, string host) => apiBase.IdnHost.EndsWith(host, StringComparison.OrdinalIgnoreCase);
}
