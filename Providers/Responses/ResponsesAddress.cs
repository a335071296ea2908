using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Responses;

/// <summary>
/// Where responses are asked for. Azure has them at two doors, and the deployment stands in the body at both: the newer one, <c>/openai/v1</c>, which needs no version, and
/// <c>/openai/responses</c> with one (https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses).
/// </summary>
internal static class ResponsesAddress
{
    private const string Path = "responses";
    private const string Version = "api-version=";
    private const string Deployments = "/deployments/";

    /// <summary>Older versions of Azure's API have no responses.</summary>
    private const string FirstVersion = "2025-03-01";

    public static bool IsAzure(UpstreamRequest request) => request.Provider.StartsWith("azure", StringComparison.Ordinal);

    public static Uri Of(UpstreamRequest request)
    {
        var given = request.ApiBase!.AbsolutePath.TrimEnd('/');
        var isWhole = given.EndsWith("/" + Path, StringComparison.Ordinal);
        if (!IsAzure(request)) return isWhole ? request.ApiBase : Addresses.Under(request.ApiBase, Path);
        if (given.EndsWith("/openai/v1", StringComparison.Ordinal)) return Addresses.Under(request.ApiBase, Path);
        if (isWhole) return WithVersion(request.ApiBase, given, given.Contains("/v1/", StringComparison.Ordinal) ? null : VersionOf(request));
        if (given.IndexOf(Deployments, StringComparison.Ordinal) is >= 0 and var at) given = given[..at];
        if (!given.EndsWith("/openai", StringComparison.Ordinal)) given += "/openai";
        var version = VersionOf(request);
        return HasResponses(version) ? WithVersion(request.ApiBase, $"{given}/{Path}", version) : WithVersion(WithoutVersion(request.ApiBase), $"{given}/v1/{Path}", version is "preview" ? version : null);
    }

    private static string? VersionOf(UpstreamRequest request) =>
        Query(request.ApiBase!).FirstOrDefault(IsVersion) is { } said ? Uri.UnescapeDataString(said[Version.Length..]) : request.Account.ApiVersion;

    private static bool HasResponses(string? version) => version is [>= '0' and <= '9', ..] && string.CompareOrdinal(version, FirstVersion) >= 0;

    private static Uri WithVersion(Uri apiBase, string path, string? version)
    {
        var query = Query(apiBase).ToList();
        if (version is not null && !query.Exists(IsVersion)) query.Add(Version + Uri.EscapeDataString(version));
        return new UriBuilder(apiBase) { Path = path, Query = string.Join('&', query) }.Uri;
    }

    private static Uri WithoutVersion(Uri apiBase) => new UriBuilder(apiBase) { Query = string.Join('&', Query(apiBase).Where(pair => !IsVersion(pair))) }.Uri;

    private static IEnumerable<string> Query(Uri address) => address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries);

    private static bool IsVersion(string pair) => pair.StartsWith(Version, StringComparison.Ordinal);
}
