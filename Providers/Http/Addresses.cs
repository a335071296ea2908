namespace OrleansLlm.Providers.Http;

/// <summary>Joins an api_base and a path.</summary>
internal static class Addresses
{
    /// <summary>Keeps the base's path, and its query (Azure's api-version) behind the whole.</summary>
    public static Uri Under(Uri apiBase, string path)
    {
        var whole = new UriBuilder(apiBase);
        whole.Path = whole.Path.TrimEnd('/') + "/" + path;
        return whole.Uri;
    }
}
