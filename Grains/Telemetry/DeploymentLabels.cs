using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Telemetry;

/// <summary>How a deployment is labelled.</summary>
internal static class DeploymentLabels
{
    /// <summary>Without a query, which may hold a key.</summary>
    public static string ApiBase(Deployment deployment) => deployment.ApiBase.GetLeftPart(UriPartial.Path).TrimEnd('/');
}
