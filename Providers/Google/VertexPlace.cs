using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Google;

/// <summary>Where in a Google Cloud project something is asked for.</summary>
internal static class VertexPlace
{
    /// <param name="path">Behind the project and the location.</param>
    /// <param name="version">Of the API, where the api_base names only a server.</param>
    /// <exception cref="UpstreamException">No project is known.</exception>
    public static Uri Of(UpstreamRequest request, string path, string version = "v1")
    {
        if (request.Account.Project is not { Length: > 0 } project)
        {
            throw new UpstreamException(new UpstreamFailure
            {
                Kind = FailureKind.Status, Status = 500, Type = "configuration_error", BeforeFirstToken = true, IsOwnWords = true,
                Message = "vertex_project is not configured, and the credentials name no project.",
            });
        }

        var root = request.ApiBase!.AbsolutePath == "/" ? version + "/" : "";
        return Addresses.Under(
            request.ApiBase, $"{root}projects/{Uri.EscapeDataString(project)}/locations/{Uri.EscapeDataString(request.Account.Location ?? "us-central1")}/{path}");
    }

    /// <summary>A name as a part of the path. The sign before a version stays as it is documented.</summary>
    public static string Name(string model) => Uri.EscapeDataString(model).Replace("%40", "@", StringComparison.Ordinal);
}
